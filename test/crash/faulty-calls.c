/*
 * Stands between the real program and the system (LD_PRELOAD): fails, shortens or slows down calls on files below one directory,
 * and writes down what was called, in the order in which it happened.
 *
 *     FAULTY_BELOW   the directory; calls on other files go by untouched
 *     FAULTY_FAIL    KIND CALL ERRNO MODE: the CALL-th of this kind fails with this error, `once` or from then on `forgood`; with
 *                    `short` it is a write of which only half is written; with `kill` the process is killed just before the
 *                    call, with `torn` after half of the write, with `after` when the call is done
 *     FAULTY_SYNC_MS each fsync and fdatasync takes so much longer
 *     FAULTY_TRACE   a file to which each call adds a line. Counts of calls are the numbers in it
 *
 * A line is: the call's number among its kind, kind, begin or end, path (of sockets the descriptor), position, length, and for
 * journals and sockets the bytes in hexadecimal. Lines are written whole, by one write to a file that is appended to.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FILES_MAX 65536
#define HEX_BYTES_MAX 65536
#define REAL(name) ((__typeof__(&name))real(#name))

enum kind { OPEN, LIST, READ, WRITE, TRUNCATE, DATASYNC, FSYNC, CLOSE, RENAME, UNLINK, MKDIR, SEND, KINDS };
static const char *NAMES[] = {"open",  "list",   "read",   "write", "truncate", "datasync",
                              "fsync", "close",  "rename", "unlink", "mkdir",   "send"};

static const char *below;
static size_t below_length;
static int trace = -1;
static long sync_ms;
enum mode { ONCE, FOR_GOOD, SHORT, KILL, TORN, AFTER, MODES };
static const char *MODE_NAMES[] = {"once", "forgood", "short", "kill", "torn", "after"};
static int fail_kind = -1, fail_errno;
static enum mode fail_mode;
static long fail_call;
static long calls[KINDS];
static char *paths[FILES_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void start(void) {
  below = getenv("FAULTY_BELOW");
  below_length = below ? strlen(below) : 0;
  const char *slow = getenv("FAULTY_SYNC_MS");
  sync_ms = slow ? atol(slow) : 0;
  const char *fail = getenv("FAULTY_FAIL");
  char kind[32], mode[32];
  if (fail && sscanf(fail, "%31s %ld %d %31s", kind, &fail_call, &fail_errno, mode) == 4) {
    for (int at = 0; at < KINDS; at++)
      if (strcmp(NAMES[at], kind) == 0) fail_kind = at;
    for (int at = 0; at < MODES; at++)
      if (strcmp(MODE_NAMES[at], mode) == 0) fail_mode = at;
  }
  const char *to = getenv("FAULTY_TRACE");
  if (to) trace = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_ours(const char *path) { return below && strncmp(path, below, below_length) == 0; }
static const char *path_of(int fd) { return fd >= 0 && fd < FILES_MAX ? paths[fd] : NULL; }

static void note(long call, enum kind kind, const char *when, const char *path, long long position, long long length,
                 const unsigned char *bytes, size_t count) {
  if (trace < 0) return;
  if (count > HEX_BYTES_MAX) count = HEX_BYTES_MAX;
  char *line = malloc(PATH_MAX + 128 + 2 * count);
  int at = sprintf(line, "%ld %s %s %s %lld %lld ", call, NAMES[kind], when, path, position, length);
  for (size_t index = 0; index < count; index++) at += sprintf(line + at, "%02x", bytes[index]);
  line[at++] = '\n';
  syscall(SYS_write, trace, line, at);
  free(line);
}

/* Counts a call; 1 if it is to fail, with errno set. */
static int fails(enum kind kind, long *call) {
  pthread_mutex_lock(&lock);
  *call = ++calls[kind];
  pthread_mutex_unlock(&lock);
  if ((int)kind != fail_kind || *call < fail_call || (*call > fail_call && fail_mode != FOR_GOOD)) return 0;
  if (fail_mode == KILL) raise(SIGKILL);
  errno = fail_errno;
  return fail_mode != AFTER;
}

/* Where a call is done: the place to die after it. */
static void done(enum kind kind, long call) {
  if ((int)kind == fail_kind && call == fail_call && (fail_mode == AFTER || fail_mode == TORN)) raise(SIGKILL);
}

static int open_traced(const char *path, int flags, mode_t mode) {
  long call;
  if (!is_ours(path)) return REAL(open64)(path, flags, mode);
  if (fails(OPEN, &call)) return -1;
  int is_new = (flags & O_CREAT) && access(path, F_OK) != 0;
  int fd = REAL(open64)(path, flags, mode);
  if (fd >= 0 && fd < FILES_MAX) paths[fd] = strdup(path);
  int error = errno;
  note(call, OPEN, is_new ? "new" : "end", path, 0, fd, NULL, 0);
  done(OPEN, call);
  errno = error;
  return fd;
}

int open64(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
  va_end(list);
  return open_traced(path, flags, mode);
}

int close(int fd) {
  long call;
  char *path = (char *)path_of(fd);
  if (!path) return REAL(close)(fd);
  paths[fd] = NULL;
  int failing = fails(CLOSE, &call);
  note(call, CLOSE, "end", path, 0, 0, NULL, 0);
  free(path);
  int result = REAL(close)(fd);
  if (!failing) return result;
  errno = fail_errno;
  return -1;
}

ssize_t pread64(int fd, void *into, size_t length, off64_t position) {
  long call;
  if (path_of(fd) && fails(READ, &call)) return -1;
  if (path_of(fd)) note(call, READ, "begin", path_of(fd), position, length, NULL, 0);
  return REAL(pread64)(fd, into, length, position);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t position) {
  const char *path = path_of(fd);
  if (!path) return REAL(pwrite64)(fd, bytes, length, position);
  long call;
  if (fails(WRITE, &call)) {
    if (fail_mode != SHORT && fail_mode != TORN) return -1;
    length = (length + 1) / 2;
  }
  int shows = strstr(path, ".journal") != NULL;
  note(call, WRITE, "begin", path, position, length, bytes, shows ? length : 0);
  ssize_t written = REAL(pwrite64)(fd, bytes, length, position);
  int error = errno;
  note(call, WRITE, "end", path, position, written, NULL, 0);
  done(WRITE, call);
  errno = error;
  return written;
}

static int sync_traced(int fd, enum kind kind, int (*sync)(int)) {
  const char *path = path_of(fd);
  if (!path) return sync(fd);
  long call;
  if (fails(kind, &call)) return -1;
  note(call, kind, "begin", path, 0, 0, NULL, 0);
  struct timespec time = {sync_ms / 1000, sync_ms % 1000 * 1000000};
  nanosleep(&time, NULL);
  int result = sync(fd);
  if (result == 0) note(call, kind, "end", path, 0, 0, NULL, 0);
  done(kind, call);
  return result;
}

int fdatasync(int fd) { return sync_traced(fd, DATASYNC, REAL(fdatasync)); }
int fsync(int fd) { return sync_traced(fd, FSYNC, REAL(fsync)); }

int ftruncate64(int fd, off64_t length) {
  const char *path = path_of(fd);
  long call;
  if (!path) return REAL(ftruncate64)(fd, length);
  if (fails(TRUNCATE, &call)) return -1;
  int result = REAL(ftruncate64)(fd, length);
  note(call, TRUNCATE, "end", path, 0, length, NULL, 0);
  done(TRUNCATE, call);
  return result;
}

int rename(const char *from, const char *to) {
  long call;
  if (!is_ours(to)) return REAL(rename)(from, to);
  if (fails(RENAME, &call)) return -1;
  int result = REAL(rename)(from, to);
  note(call, RENAME, "end", from, 0, result, (const unsigned char *)to, strlen(to));
  done(RENAME, call);
  return result;
}

int unlink(const char *path) {
  long call;
  if (!is_ours(path)) return REAL(unlink)(path);
  if (fails(UNLINK, &call)) return -1;
  int result = REAL(unlink)(path);
  note(call, UNLINK, "end", path, 0, 0, NULL, 0);
  done(UNLINK, call);
  return result;
}

int mkdir(const char *path, mode_t mode) {
  long call;
  if (!is_ours(path)) return REAL(mkdir)(path, mode);
  if (fails(MKDIR, &call)) return -1;
  int result = REAL(mkdir)(path, mode);
  note(call, MKDIR, "end", path, 0, 0, NULL, 0);
  done(MKDIR, call);
  return result;
}

int scandir64(const char *path, struct dirent64 ***names, int (*filter)(const struct dirent64 *),
              int (*compare)(const struct dirent64 **, const struct dirent64 **)) {
  long call;
  if (is_ours(path) && fails(LIST, &call)) return -1;
  if (is_ours(path)) note(call, LIST, "begin", path, 0, 0, NULL, 0);
  return REAL(scandir64)(path, names, filter, compare);
}

/* Nothing is failed here: what is sent is only written down, before it goes. */
static void note_sent(int fd, const struct iovec *parts, int count) {
  struct stat about;
  if (trace < 0 || fstat(fd, &about) != 0 || !S_ISSOCK(about.st_mode)) return;
  long call;
  fails(SEND, &call);
  char name[32];
  sprintf(name, "%d", fd);
  for (int at = 0; at < count; at++)
    note(call, SEND, "begin", name, 0, parts[at].iov_len, parts[at].iov_base, parts[at].iov_len);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  struct iovec part = {(void *)bytes, length};
  note_sent(fd, &part, 1);
  return REAL(write)(fd, bytes, length);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  note_sent(fd, parts, count);
  return REAL(writev)(fd, parts, count);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  note_sent(fd, message->msg_iov, message->msg_iovlen);
  return REAL(sendmsg)(fd, message, flags);
}
