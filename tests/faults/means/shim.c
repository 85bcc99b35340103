// Put before the C library (LD_PRELOAD), it makes operations on the files below FAULT_PATH fail when it is told to.
//
// FAULT_CONTROL names a file that is read before each operation:  none | write ERRNO | fsync ERRNO | slow MILLISECONDS
// FAULT_AT=N FAULT_HOW=once|forever|exit FAULT_ERRNO=E: the Nth operation of all fails, or it and all after it, or the
// process ends in its place. FAULT_COUNT names a file that holds the number of operations at the end.
//
// It is C because a function that takes the place of one of the C library's is unsafe in Rust, and no code here is.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { WRITING, SYNCING, OTHER };
static atomic_int count;

#define REAL(type, name) static type (*real)(); if (!real) real = (type (*)())dlsym(RTLD_NEXT, #name)

static int ours(const char *path) {
    const char *wanted = getenv("FAULT_PATH");
    return wanted && path && strstr(path, wanted) != 0;
}

static int ours_open(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return ours(path);
}

static int told(enum kind kind) {
    const char *file = getenv("FAULT_CONTROL");
    if (!file) return 0;
    int (*open_file)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    ssize_t (*read_file)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
    int fd = open_file(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    char text[64] = {0}, word[32] = {0};
    int number = 0;
    ssize_t length = read_file(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0 || sscanf(text, "%31s %d", word, &number) < 1) return 0;
    if (kind == WRITING && !strcmp(word, "write")) return number;
    if (kind == SYNCING && !strcmp(word, "fsync")) return number;
    if (kind == SYNCING && !strcmp(word, "slow")) usleep(number * 1000);
    return 0;
}

// The error that this operation fails with, or none.
static int fails(enum kind kind) {
    int number = atomic_fetch_add(&count, 1) + 1;
    const char *at = getenv("FAULT_AT"), *how = getenv("FAULT_HOW"), *with = getenv("FAULT_ERRNO");
    int wanted = at ? atoi(at) : 0;
    if (wanted && how && (number == wanted || (number > wanted && !strcmp(how, "forever")))) {
        if (!strcmp(how, "exit")) _exit(9);
        return with ? atoi(with) : EIO;
    }
    return told(kind);
}

__attribute__((destructor)) static void report(void) {
    const char *file = getenv("FAULT_COUNT");
    if (!file) return;
    FILE *to = fopen(file, "w");
    if (to) { fprintf(to, "%d\n", atomic_load(&count)); fclose(to); }
}

#define ON_FILE(type, name, kind, parameters, ...) \
    type name parameters { REAL(type, name); int error; \
        if (ours_open(fd) && (error = fails(kind))) { errno = error; return -1; } return real(__VA_ARGS__); }

ON_FILE(ssize_t, write, WRITING, (int fd, const void *b, size_t n), fd, b, n)
ON_FILE(ssize_t, pwrite, WRITING, (int fd, const void *b, size_t n, off_t o), fd, b, n, o)
ON_FILE(ssize_t, pwrite64, WRITING, (int fd, const void *b, size_t n, off64_t o), fd, b, n, o)
ON_FILE(int, fsync, SYNCING, (int fd), fd)
ON_FILE(int, fdatasync, SYNCING, (int fd), fd)
ON_FILE(int, ftruncate, OTHER, (int fd, off_t n), fd, n)
ON_FILE(int, ftruncate64, OTHER, (int fd, off64_t n), fd, n)

#define ON_PATH(type, name, parameters, path, ...) \
    type name parameters { REAL(type, name); int error; \
        if (ours(path) && (error = fails(OTHER))) { errno = error; return -1; } return real(__VA_ARGS__); }

ON_PATH(int, unlink, (const char *path), path, path)
ON_PATH(int, rename, (const char *from, const char *to), to, from, to)
ON_PATH(int, mkdir, (const char *path, mode_t mode), path, path, mode)

#define ON_OPEN(name) \
    int name(const char *path, int flags, ...) { REAL(int, name); int error; mode_t mode = 0; \
        if (flags & O_CREAT) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); } \
        if (ours(path) && (error = fails(OTHER))) { errno = error; return -1; } return real(path, flags, mode); }

ON_OPEN(open)
ON_OPEN(open64)
