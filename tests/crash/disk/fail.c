/*
 * Preloaded into the server: lets calls that change files below a folder fail, when a block of shared memory says so. disk/__init__.py
 * writes that block and reads from it whether a call has failed.
 *
 * FAULT_ROOT     the folder, absolute
 * FAULT_CONTROL  a file of sizeof(struct control) bytes, outside of it
 *
 * What fails is not done: no byte is written, no name changed, nothing synced.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 65536

struct control {
    _Atomic uint32_t error;  /* what errno says; 0: nothing fails */
    _Atomic uint32_t at;     /* the first call that fails, counted from 1 since `count` was 0 */
    _Atomic uint32_t sticky; /* whether all later ones fail too */
    _Atomic uint32_t count;  /* calls so far */
    _Atomic uint32_t met;    /* how many have failed */
    char first[108];         /* the first one that did: what, and of which file */
};

static struct control *control;
static char root[PATH_MAX];
static size_t root_length;
static char *names[FILES]; /* of descriptors below the root */

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)find(RTLD_NEXT, #name)

/* dlsym itself, which is ours below. */
static void *find(void *handle, const char *name) {
    static void *(*real)(void *, const char *);
    if (!real) real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    if (!real) real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    return real(handle, name);
}

__attribute__((constructor)) static void begin(void) {
    const char *watched = getenv("FAULT_ROOT"), *path = getenv("FAULT_CONTROL");
    if (!watched || !path || !realpath(watched, root)) return;
    root_length = strlen(root);
    int file = open(path, O_RDWR | O_CLOEXEC);
    void *shared = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED) abort(); /* a run without faults would prove nothing */
    close(file);
    control = shared;
    unsetenv("LD_PRELOAD");
}

/* Whether this call fails; errno says then why. */
static int fails(const char *call, const char *path) {
    if (!control || !control->error) return 0;
    uint32_t number = ++control->count;
    if (number < control->at || (number > control->at && !control->sticky)) return 0;
    if (control->met++ == 0) snprintf(control->first, sizeof control->first, "%s %s", call, path + root_length);
    errno = (int)control->error;
    return 1;
}

static int below(const char *path) {
    return control && path && strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || !path[root_length]);
}

static const char *of(int file) {
    return file >= 0 && file < FILES ? names[file] : NULL;
}

#define FAILS(call, file) (of(file) && fails(call, of(file)))

static int opened(int file, const char *path) {
    if (file >= 0 && file < FILES) {
        free(names[file]);
        names[file] = below(path) ? strdup(path) : NULL;
    }
    return file;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        int mode = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(more, int) : 0; \
        va_end(more); \
        if ((flags & O_CREAT) && below(path) && access(path, F_OK) != 0 && fails("create", path)) return -1; \
        return opened(real(path, flags, mode), path); \
    }
OPEN(open)
OPEN(open64)

int openat(int folder, const char *path, int flags, ...) {
    REAL(openat);
    va_list more;
    va_start(more, flags);
    int mode = flags & O_CREAT ? va_arg(more, int) : 0;
    va_end(more);
    if ((flags & O_CREAT) && below(path) && access(path, F_OK) != 0 && fails("create", path)) return -1;
    return opened(real(folder, path, flags, mode), path);
}

int close(int file) {
    REAL(close);
    if (file >= 0 && file < FILES && names[file]) {
        free(names[file]);
        names[file] = NULL;
    }
    return real(file);
}

ssize_t write(int file, const void *data, size_t size) {
    REAL(write);
    return FAILS("write", file) ? -1 : real(file, data, size);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t at) {
    REAL(pwrite);
    return FAILS("write", file) ? -1 : real(file, data, size, at);
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
    REAL(pwrite64);
    return FAILS("write", file) ? -1 : real(file, data, size, at);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL(writev);
    return FAILS("write", file) ? -1 : real(file, parts, count);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) {
    REAL(pwritev);
    return FAILS("write", file) ? -1 : real(file, parts, count, at);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t at) {
    REAL(pwritev64);
    return FAILS("write", file) ? -1 : real(file, parts, count, at);
}

int ftruncate(int file, off_t size) {
    REAL(ftruncate);
    return FAILS("truncate", file) ? -1 : real(file, size);
}

int ftruncate64(int file, off64_t size) {
    REAL(ftruncate64);
    return FAILS("truncate", file) ? -1 : real(file, size);
}

/* These two answer with the error instead of setting errno. */
int posix_fallocate(int file, off_t at, off_t size) {
    REAL(posix_fallocate);
    return FAILS("reserve", file) ? errno : real(file, at, size);
}

int posix_fallocate64(int file, off64_t at, off64_t size) {
    REAL(posix_fallocate64);
    return FAILS("reserve", file) ? errno : real(file, at, size);
}

int fsync(int file) {
    REAL(fsync);
    return FAILS("sync", file) ? -1 : real(file);
}

int fdatasync(int file) {
    REAL(fdatasync);
    return FAILS("sync", file) ? -1 : real(file);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    return below(to) && fails("rename to", to) ? -1 : real(from, to);
}

int unlink(const char *path) {
    REAL(unlink);
    return below(path) && fails("unlink", path) ? -1 : real(path);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    return below(path) && access(path, F_OK) != 0 && fails("mkdir", path) ? -1 : real(path, mode);
}

/* .NET looks functions up in libc itself, past what is preloaded. */
void *dlsym(void *restrict handle, const char *restrict name) {
    static const struct { const char *name; void *ours; } all[] = {
        {"open", (void *)open}, {"open64", (void *)open64}, {"openat", (void *)openat}, {"close", (void *)close}, {"write", (void *)write},
        {"pwrite", (void *)pwrite}, {"pwrite64", (void *)pwrite64}, {"ftruncate", (void *)ftruncate}, {"fsync", (void *)fsync},
        {"fdatasync", (void *)fdatasync}, {"rename", (void *)rename}, {"unlink", (void *)unlink}, {"mkdir", (void *)mkdir},
    };
    for (size_t i = 0; control && i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].name, name) == 0) return all[i].ours;
    return find(handle, name);
}
