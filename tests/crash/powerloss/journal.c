/*
 * Preloaded into the server: writes down what it does to its data directory, in the order in which it does it, and which of it a sync
 * has made last. From that powerloss/image.py makes the directory that a power cut would have left.
 *
 * CRASH_ROOT     the data directory, absolute; it and all below it are watched
 * CRASH_JOURNAL  the file that is appended to, outside of it
 * CRASH_EIO      one in how many syncs of asset files fails with EIO, as of a disk that lost the pages; 0 or absent: none
 *
 * A change and its record are made under one lock, so that the records have the order of the changes. A sync counts for what was
 * recorded before it began, and is recorded once it has succeeded: whoever was promised something by it was promised after that.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 65536

enum { CREATE = 1, WRITE, TRUNCATE, SYNC, RENAME, UNLINK, MKDIR, RMDIR, SYNC_FAILED, UNSEEN };

struct record {
    uint32_t kind, path, other, data; /* lengths of what follows */
    uint64_t inode, at, size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_length;
static int journal = -1;
static uint64_t records; /* how many there are */
static unsigned eio, syncs;
static uint64_t inodes[FILES]; /* of watched descriptors; 0 where a descriptor is none */
static char is_directory[FILES], is_asset[FILES];

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
    const char *watched = getenv("CRASH_ROOT"), *path = getenv("CRASH_JOURNAL"), *often = getenv("CRASH_EIO");
    if (!watched || !path || !realpath(watched, root)) return;
    root_length = strlen(root);
    eio = often ? (unsigned)atoi(often) : 0;
    journal = (int)fcntl(open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), F_DUPFD_CLOEXEC, 1000);
    unsetenv("LD_PRELOAD"); /* what the server starts is none of its data */
}

static int watched(const char *path, char *absolute) {
    if (journal < 0 || !path) return 0;
    if (path[0] == '/') {
        snprintf(absolute, PATH_MAX, "%s", path);
    } else {
        char here[PATH_MAX / 2];
        if (!getcwd(here, sizeof here)) return 0;
        snprintf(absolute, PATH_MAX, "%s/%s", here, path);
    }
    return strncmp(absolute, root, root_length) == 0 && (absolute[root_length] == '/' || !absolute[root_length]) && !strstr(absolute, "-shm");
}

/* Under the lock. */
static void append(uint32_t kind, uint64_t inode, uint64_t at, uint64_t size, const char *path, const char *other, const void *data, size_t length) {
    struct record head = {kind, path ? (uint32_t)strlen(path) : 0, other ? (uint32_t)strlen(other) : 0, (uint32_t)length, inode, at, size};
    struct iovec parts[4] = {{&head, sizeof head}, {(void *)path, head.path}, {(void *)other, head.other}, {(void *)data, length}};
    REAL(writev);
    size_t whole = sizeof head + head.path + head.other + length;
    if (real(journal, parts, 4) != (ssize_t)whole) abort(); /* a journal with holes proves nothing */
    records++;
}

static void unseen(const char *call) {
    pthread_mutex_lock(&lock);
    append(UNSEEN, 0, 0, 0, call, NULL, NULL, 0);
    pthread_mutex_unlock(&lock);
}

static int opened(int file, const char *absolute, int flags, int existed) {
    if (file < 0 || file >= FILES) return file;
    struct stat status;
    fstat(file, &status);
    inodes[file] = (uint64_t)status.st_ino;
    is_directory[file] = S_ISDIR(status.st_mode);
    is_asset[file] = strstr(absolute, "/storage/") != NULL && !S_ISDIR(status.st_mode);
    if (!existed && (flags & O_CREAT)) append(CREATE, inodes[file], 0, status.st_mode & 07777, absolute + root_length, NULL, NULL, 0);
    else if (flags & O_TRUNC) append(TRUNCATE, inodes[file], 0, 0, NULL, NULL, NULL, 0);
    return file;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        int mode = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(more, int) : 0; \
        va_end(more); \
        char absolute[PATH_MAX]; \
        if (!watched(path, absolute)) return real(path, flags, mode); \
        pthread_mutex_lock(&lock); \
        int existed = access(absolute, F_OK) == 0; \
        int file = opened(real(path, flags, mode), absolute, flags, existed); \
        int error = errno; \
        pthread_mutex_unlock(&lock); \
        errno = error; \
        return file; \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        int mode = flags & O_CREAT ? va_arg(more, int) : 0; \
        va_end(more); \
        char absolute[PATH_MAX]; \
        if (!watched(path, absolute)) return real(folder, path, flags, mode); \
        if (path[0] != '/' && folder != AT_FDCWD) unseen(#name); \
        pthread_mutex_lock(&lock); \
        int existed = access(absolute, F_OK) == 0; \
        int file = opened(real(folder, path, flags, mode), absolute, flags, existed); \
        int error = errno; \
        pthread_mutex_unlock(&lock); \
        errno = error; \
        return file; \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int file) {
    REAL(close);
    if (file >= 0 && file < FILES && inodes[file]) {
        pthread_mutex_lock(&lock);
        inodes[file] = 0;
        pthread_mutex_unlock(&lock);
    }
    return real(file);
}

#define WATCHED(file) (journal >= 0 && (file) >= 0 && (file) < FILES && inodes[file])

/* After the change: as much as was written, where it was written. */
#define WRITES(call, position, bytes) \
    pthread_mutex_lock(&lock); \
    ssize_t done = call; \
    int error = errno; \
    if (done > 0) append(WRITE, inodes[file], (uint64_t)(position), 0, NULL, NULL, bytes, (size_t)done); \
    pthread_mutex_unlock(&lock); \
    errno = error; \
    return done

ssize_t write(int file, const void *bytes, size_t count) {
    REAL(write);
    if (!WATCHED(file)) return real(file, bytes, count);
    WRITES(real(file, bytes, count), lseek(file, 0, SEEK_CUR) - done, bytes);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    REAL(pwrite);
    if (!WATCHED(file)) return real(file, bytes, count, at);
    WRITES(real(file, bytes, count, at), at, bytes);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    REAL(pwrite64);
    if (!WATCHED(file)) return real(file, bytes, count, at);
    WRITES(real(file, bytes, count, at), at, bytes);
}

static ssize_t write_parts(int file, const struct iovec *parts, int count, off_t at) {
    ssize_t whole = 0;
    for (int i = 0; i < count; i++) {
        ssize_t done = at < 0 ? write(file, parts[i].iov_base, parts[i].iov_len) : pwrite(file, parts[i].iov_base, parts[i].iov_len, at + whole);
        if (done < 0) return whole ? whole : done;
        whole += done;
        if ((size_t)done < parts[i].iov_len) break;
    }
    return whole;
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL(writev);
    return WATCHED(file) ? write_parts(file, parts, count, -1) : real(file, parts, count);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) {
    REAL(pwritev);
    return WATCHED(file) ? write_parts(file, parts, count, at) : real(file, parts, count, at);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t at) {
    REAL(pwritev64);
    return WATCHED(file) ? write_parts(file, parts, count, at) : real(file, parts, count, at);
}

#define TRUNCATES(name, type) \
    int name(int file, type size) { \
        REAL(name); \
        if (!WATCHED(file)) return real(file, size); \
        pthread_mutex_lock(&lock); \
        int result = real(file, size), error = errno; \
        if (result == 0) append(TRUNCATE, inodes[file], 0, (uint64_t)size, NULL, NULL, NULL, 0); \
        pthread_mutex_unlock(&lock); \
        errno = error; \
        return result; \
    }
TRUNCATES(ftruncate, off_t)
TRUNCATES(ftruncate64, off64_t)

/* Room that is reserved grows the file and is zeros. */
#define RESERVES(name, type) \
    int name(int file, type at, type length) { \
        REAL(name); \
        if (!WATCHED(file)) return real(file, at, length); \
        pthread_mutex_lock(&lock); \
        int result = real(file, at, length); \
        struct stat status; \
        if (result == 0 && fstat(file, &status) == 0) append(TRUNCATE, inodes[file], 0, (uint64_t)status.st_size, NULL, NULL, NULL, 0); \
        pthread_mutex_unlock(&lock); \
        return result; \
    }
RESERVES(posix_fallocate, off_t)
RESERVES(posix_fallocate64, off64_t)

#define SYNCS(name) \
    int name(int file) { \
        REAL(name); \
        if (!WATCHED(file)) return real(file); \
        pthread_mutex_lock(&lock); \
        uint64_t before = records, inode = inodes[file]; \
        int fails = eio && is_asset[file] && ++syncs % eio == 0; \
        if (fails) append(SYNC_FAILED, inode, before, 0, NULL, NULL, NULL, 0); \
        pthread_mutex_unlock(&lock); \
        if (fails) { \
            errno = EIO; \
            return -1; \
        } \
        int result = real(file), error = errno; \
        pthread_mutex_lock(&lock); \
        if (result == 0) append(SYNC, inode, before, is_directory[file], NULL, NULL, NULL, 0); \
        pthread_mutex_unlock(&lock); \
        errno = error; \
        return result; \
    }
SYNCS(fsync)
SYNCS(fdatasync)

int rename(const char *from, const char *to) {
    REAL(rename);
    char old[PATH_MAX], new[PATH_MAX];
    int leaves = watched(from, old), comes = watched(to, new);
    if (!leaves && !comes) return real(from, to);
    if (leaves != comes) unseen("rename across the root");
    pthread_mutex_lock(&lock);
    int result = real(from, to), error = errno;
    if (result == 0) append(RENAME, 0, 0, 0, old + root_length, new + root_length, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

#define PATHS(name, kind) \
    int name(const char *path) { \
        REAL(name); \
        char absolute[PATH_MAX]; \
        if (!watched(path, absolute)) return real(path); \
        pthread_mutex_lock(&lock); \
        int result = real(path), error = errno; \
        if (result == 0) append(kind, 0, 0, 0, absolute + root_length, NULL, NULL, 0); \
        pthread_mutex_unlock(&lock); \
        errno = error; \
        return result; \
    }
PATHS(unlink, UNLINK)
PATHS(rmdir, RMDIR)

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    char absolute[PATH_MAX];
    if (!watched(path, absolute)) return real(path, mode);
    pthread_mutex_lock(&lock);
    int result = real(path, mode), error = errno;
    struct stat status;
    if (result == 0 && stat(absolute, &status) == 0) append(MKDIR, (uint64_t)status.st_ino, 0, status.st_mode & 07777, absolute + root_length, NULL, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

/* Ways to change files that the server does not use. If it ever does, the image would be wrong: the run must say so. */
int link(const char *from, const char *to) {
    REAL(link);
    char absolute[PATH_MAX];
    if (watched(to, absolute)) unseen("link");
    return real(from, to);
}

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t count, unsigned flags) {
    REAL(copy_file_range);
    if (WATCHED(out)) unseen("copy_file_range");
    return real(in, from, out, to, count, flags);
}

int fallocate(int file, int mode, off_t at, off_t length) {
    REAL(fallocate);
    if (WATCHED(file)) unseen("fallocate");
    return real(file, mode, at, length);
}

/* .NET looks functions up in libc itself, past what is preloaded. */
void *dlsym(void *restrict handle, const char *restrict name) {
    static const struct { const char *name; void *ours; } all[] = {
        {"open", (void *)open}, {"open64", (void *)open64}, {"openat", (void *)openat}, {"close", (void *)close}, {"write", (void *)write},
        {"pwrite", (void *)pwrite}, {"pwrite64", (void *)pwrite64}, {"ftruncate", (void *)ftruncate}, {"fsync", (void *)fsync},
        {"fdatasync", (void *)fdatasync}, {"rename", (void *)rename}, {"unlink", (void *)unlink}, {"mkdir", (void *)mkdir}, {"rmdir", (void *)rmdir},
    };
    for (size_t i = 0; journal >= 0 && i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].name, name) == 0) return all[i].ours;
    return find(handle, name);
}
