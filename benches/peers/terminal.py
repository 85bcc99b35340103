#!/usr/bin/env python3
"""Measures the room on a terminal, beside other terminal programs, and prints a table.

    benches/peers/terminal.py --warroom target/dist/warroom --meter DIR [--peers btop,htop] [--secs 8] [--reps 3]

DIR holds ttymeter.py, a meter that runs one program in a pty, answers its queries, counts what it sends and replays it; it
needs Python's pyte. Everything listens on loopback only, lives in a temporary folder and ends with the script.
"""

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

IDLE, CALM, STORM = 0, 10, 1000
PEERS = {
    "btop": ["btop", "--utf-force"],
    "htop": ["htop"],
    "bottom": ["btm"],
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Hub:
    """A real hub in a folder of its own, with limits that let one token write as quickly as the bench wants."""

    def __init__(self, warroom, folder):
        self.port, self.folder = free_port(), Path(folder)
        config = self.folder / "config.toml"
        config.write_text("[hub.limits]\nrequests_per_second = 100000\nburst = 100000\n")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "WARROOM_HUB": f"http://127.0.0.1:{self.port}",
        }
        command = [warroom, "hub", "--config", config, "--listen", f"127.0.0.1:{self.port}"]
        command += ["--metrics-listen", f"127.0.0.1:{free_port()}"]
        self.log = open(self.folder / "hub.log", "w")
        self.process = subprocess.Popen(command, env=self.environment, stderr=self.log, stdout=self.log)
        self.token_file = self.folder / "state/warroom/token"
        deadline = time.monotonic() + 20
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the hub did not start: {(self.folder / 'hub.log').read_text()}")
            time.sleep(0.05)
        self.token = self.token_file.read_text().strip()

    def ready(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def post(self, connection, path, body):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            sys.exit(f"the hub refused {path}: {answer.status} {text!r}")
        return json.loads(text) if text else None

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def publish(hub, incident, rate, until):
    """Notes at a steady rate: from a process of its own, so that it takes no turn from the meter."""
    writers = 4 if rate > 100 else 1
    def write(number):
        connection = http.client.HTTPConnection("127.0.0.1", hub.port)
        began, sent = time.monotonic(), 0
        while not until.is_set():
            due = began + sent * writers / rate
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            text = f"pod checkout-{number}-{sent} answered 502 after 1.2 s"
            hub.post(connection, f"/incidents/{incident}/notes", {"text": text})
            sent += 1
    threads = [threading.Thread(target=write, args=(n,), daemon=True) for n in range(writers)]
    for thread in threads:
        thread.start()
    return threads


def meter(options, label, command, size, environment=None, *flags):
    arguments = [sys.executable, str(options.meter / "ttymeter.py"), "--size", size, "--secs", str(options.secs)]
    arguments += ["--label", label, *flags, "--", *command]
    environment = {**os.environ, **(environment or {})}
    done = subprocess.run(arguments, stdout=subprocess.PIPE, env=environment, timeout=options.secs + 60, check=False)
    return json.loads(done.stdout) if done.stdout else None


def with_load(options, rate, measure):
    """Runs the hub, three incidents and the given rate of notes while `measure` runs."""
    with tempfile.TemporaryDirectory(prefix="warroom-bench") as folder:
        hub = Hub(options.warroom, folder)
        until = threading.Event()
        child = None
        try:
            connection = http.client.HTTPConnection("127.0.0.1", hub.port)
            incidents = [
                hub.post(connection, "/incidents", {"title": title, "severity": severity})["id"]
                for title, severity in [("Checkout fails", "SEV1"), ("Search is slow", "SEV3"), ("Mail waits", "SEV2")]
            ]
            if rate:
                child = os.fork()
                if child == 0:
                    for thread in publish(hub, incidents[0], rate, until):
                        thread.join()
                    os._exit(0)
            environment = {**hub.environment, "WARROOM_TOKEN": hub.token}
            return measure(environment)
        finally:
            if child:
                os.kill(child, 9)
                os.waitpid(child, 0)
            hub.end()


COLUMNS = [
    ("first full frame ms", "first_full_ms", 0),
    ("first frame B", "bytes_first_frame", 0),
    ("updates/s", "updates_per_s", 1),
    ("B/s", "bytes_per_s", 0),
    ("B/update", "bytes_per_update", 0),
    ("sent/ideal", "bytes_vs_ideal", 2),
    ("CPU %", "cpu_pct_steady", 2),
    ("RSS MiB", "peak_rss_kib", 0),
    ("keys p50 ms", "p50", 1),
    ("keys p95 ms", "p95", 1),
    ("end ms", "exit_ms", 0),
]


def value(result, key):
    if key in ("p50", "p95"):
        return (result.get("key_to_output_ms") or {}).get(key)
    found = result.get(key)
    return found / 1024 if key == "peak_rss_kib" and found else found


def cell(results, key, digits):
    values = [v for v in (value(r, key) for r in results if r) if v is not None]
    if not values:
        return "–"
    shown = f"{statistics.median(values):,.{digits}f}"
    if len(values) > 1:
        shown += f" [{min(values):,.{digits}f}–{max(values):,.{digits}f}]"
    return shown


def row(size, what, program, results):
    left = sorted({place for r in results if r for place in r["left_behind"]})
    cells = [cell(results, key, digits) for _, key, digits in COLUMNS]
    print(f"| {size} | {what} | {program} | " + " | ".join(cells) + f" | {', '.join(left) or 'nothing'} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warroom", required=True, type=lambda p: str(Path(p).resolve()))
    parser.add_argument("--meter", required=True, type=Path)
    parser.add_argument("--peers", default="btop,htop")
    parser.add_argument("--secs", type=float, default=8)
    parser.add_argument("--reps", type=int, default=3)
    parser.add_argument("--sizes", default="80x24,120x40,200x60")
    options = parser.parse_args()
    room = [options.warroom]

    print("| size | what | program | " + " | ".join(name for name, _, _ in COLUMNS) + " | left behind |")
    print("|" + "---|" * (len(COLUMNS) + 4))
    for size in options.sizes.split(","):
        for name in filter(None, options.peers.split(",")):
            row(size, "live", name, [meter(options, name, PEERS[name], size, None, "--keys", "down,up") for _ in range(options.reps)])
        for rate in (IDLE, CALM, STORM):
            what = f"{rate} entries/s" if rate else "nothing happens"
            runs = [with_load(options, rate, lambda env: meter(options, "warroom", room, size, env)) for _ in range(options.reps)]
            row(size, what, "warroom", runs)
    keys = [with_load(options, STORM, lambda env: meter(options, "warroom", room, "80x24", env, "--keys", "down,up")) for _ in range(options.reps)]
    row("80x24", f"keys, {STORM} entries/s", "warroom", keys)
    slow = [with_load(options, STORM, lambda env: meter(options, "warroom", room, "80x24", env, "--throttle", "20000")) for _ in range(options.reps)]
    row("80x24", f"20 kB/s link, {STORM} entries/s", "warroom", slow)
    for end in ("key:q", "key:ctrl-c", "sig:TERM", "sig:HUP", "sig:INT", "close"):
        results = [with_load(options, CALM, lambda env: meter(options, "warroom", room, "80x24", env, "--end", end, "--no-replay"))]
        row("80x24", f"ends by {end}", "warroom", results)


if __name__ == "__main__":
    main()
