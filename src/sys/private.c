/* private.c — a folder in memory in a namespace of its own; see private.h. For the folder with a
 * name that all can see: scratch.c. */
#include "sys/private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/env.h"
#include "sys/fs_internal.h"
#include "sys/private_internal.h"

/* What the helper hands over, in this order; the namespace of users is -1 for root. */
enum { FOLDER, TOP, MOUNTS, USERS, HANDED };

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* --- in the helper: it makes the namespace, hands it over and ends --- */

static bool write_line(const char *path, const char *line)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const ssize_t len = (ssize_t)strlen(line);
    const bool written = fd >= 0 && write(fd, line, (size_t)len) == len;

    if (fd >= 0)
        close(fd);
    return written;
}

/* A process of its own in its own namespace of users, with the ids that it had. */
static bool become_own_user(uid_t uid, gid_t gid)
{
    char users[64], groups[64];
    bool mapped;

    snprintf(users, sizeof users, "%lu %lu 1", (unsigned long)uid, (unsigned long)uid);
    snprintf(groups, sizeof groups, "%lu %lu 1", (unsigned long)gid, (unsigned long)gid);
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return false;
    /* The files under /proc belong to root while we are closed to our own user; for these few
     * calls we are not. Nobody can make us dump a core: the limit is 0. */
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    mapped = write_line("/proc/self/setgroups", "deny") &&
             write_line("/proc/self/gid_map", groups) && write_line("/proc/self/uid_map", users);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return mapped;
}

/* No swap where the kernel lets us say so: from 6.4 on, and by root. */
static bool mount_memory(const char *place)
{
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    char options[96];

    snprintf(options, sizeof options, "mode=0700,size=%d,noswap", ML_LIMIT_PRIVATE);
    if (mount("moonlatch", place, "tmpfs", flags, options) == 0)
        return true;
    *strrchr(options, ',') = '\0';
    return mount("moonlatch", place, "tmpfs", flags, options) == 0;
}

static bool hand_over(int socket, const int fds[HANDED], size_t count)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int) * HANDED)];
        struct cmsghdr align;
    } control = { 0 };
    char byte = (char)count;
    struct iovec part = { &byte, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes };
    struct cmsghdr *head;

    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(head), fds, sizeof(int) * count);
    return sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
}

_Noreturn static void help(int socket, const char *place)
{
    const uid_t uid = geteuid();
    const gid_t gid = getegid();
    const bool plain = unshare(CLONE_NEWNS) == 0;
    int fds[HANDED];
    size_t i, count = plain ? USERS : HANDED;
    bool made = plain || become_own_user(uid, gid);

    /* What is mounted here must not be mounted anywhere else. A namespace of users sees to that
     * itself, and its kernel refuses to say it for what came from outside. */
    made = made && (!plain || mount("", "/", NULL, MS_REC | MS_SLAVE, NULL) == 0);
    if (!made || !mount_memory(place))
        _exit(1);
    fds[FOLDER] = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fds[TOP] = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    fds[MOUNTS] = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    fds[USERS] = plain ? -1 : open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
    for (i = 0; i < count; i++)
        made = made && fds[i] >= 0;
    _exit(made && hand_over(socket, fds, count) ? 0 : 1);
}

/* --- in the parent --- */

static bool receive(int socket, int fds[HANDED])
{
    union {
        char bytes[CMSG_SPACE(sizeof(int) * HANDED)];
        struct cmsghdr align;
    } control = { 0 };
    char byte;
    struct iovec part = { &byte, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes };
    struct cmsghdr *head;
    ssize_t got;

    message.msg_controllen = sizeof control.bytes;
    do
        got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    head = got == 1 ? CMSG_FIRSTHDR(&message) : NULL;
    if (head == NULL || head->cmsg_type != SCM_RIGHTS)
        return false;
    memcpy(fds, CMSG_DATA(head), head->cmsg_len - CMSG_LEN(0));
    return true;
}

/* Starts the helper and takes what it makes. */
static bool get_help(int fds[HANDED], const char *place)
{
    int ends[2];
    sigset_t all, before;
    pid_t pid;
    bool received;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* no handler of ours may run in the helper */
    pid = fork();
    if (pid == 0)
        help(ends[1], place);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    received = pid > 0 && receive(ends[0], fds);
    close(ends[0]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return received;
}

/* Is it what was asked for, ours and empty? */
static bool is_memory_of_ours(int fd)
{
    struct statfs fs;
    struct stat st;

    return fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC && fstat(fd, &st) == 0 &&
           st.st_uid == geteuid() && (st.st_mode & 07777) == 0700;
}

/* The folder that is mounted over: below our own state, where nobody else has a hand in. Nothing
 * can be written into it, should somebody come to it by its name alone. */
static int make_place(char **place, ml_err *e)
{
    char *state;
    ml_root root;
    int status;

    *place = NULL;
    if (ml_env_make_state(&state, e) < 0)
        return -1;
    status = ml_root_open(&root, state, e);
    if (status == 0) {
        status = ml_fs_mkdirs(&root, "private", 0500, e);
        if (status == 0 && asprintf(place, "%s/private", root.real) < 0) {
            *place = NULL;
            status = ml_fail_memory(e);
        }
        ml_root_close(&root);
    }
    free(state);
    return status;
}

/* 0; 1 where there is no namespace to be had; -1 when memory is out. */
static int open_hidden(ml_private *folder, ml_err *e)
{
    int fds[HANDED] = { -1, -1, -1, -1 };
    char *place;
    size_t i;

    if (make_place(&place, e) < 0)
        return strcmp(e->code, ML_E_MEMORY) == 0 ? -1 : 1;
    if (!get_help(fds, place) || !is_memory_of_ours(fds[FOLDER]) || fds[TOP] < 0 ||
        fds[MOUNTS] < 0) {
        for (i = 0; i < HANDED; i++)
            close_fd(&fds[i]);
        free(place);
        return 1;
    }
    folder->root.fd = fds[FOLDER];
    folder->root.real = place;
    folder->root.path = strdup(place);
    folder->top = fds[TOP];
    folder->mounts = fds[MOUNTS];
    folder->users = fds[USERS];
    return folder->root.path == NULL ? ml_fail_memory(e) : 0;
}

int ml_private_open(ml_private *folder, ml_private_use use, ml_err *e)
{
    ml_err ignored;
    int status;

    *folder = (ml_private)ML_PRIVATE_CLOSED;
    ml_scratch_sweep();
    status = use == ML_PRIVATE_HIDDEN ? open_hidden(folder, e) : 1;
    if (status > 0)
        status = ml_scratch_open(&folder->root, use == ML_PRIVATE_GIVEN, e);
    if (status < 0)
        ml_private_close(folder, &ignored);
    return status;
}

bool ml_private_is_hidden(const ml_private *folder)
{
    return folder->mounts >= 0;
}

int ml_private_enter(const ml_private *folder, const char *here)
{
    if (!ml_private_is_hidden(folder))
        return 0;
    if (folder->users >= 0 && setns(folder->users, CLONE_NEWUSER) != 0)
        return -1;
    /* The namespace's own top may lie above ours, if we are confined to a part of it. */
    return setns(folder->mounts, CLONE_NEWNS) == 0 && fchdir(folder->top) == 0 &&
                   chroot(".") == 0 && chdir(here) == 0
               ? 0
               : -1;
}

int ml_private_give(const ml_private *folder, uid_t uid, gid_t gid, ml_err *e)
{
    return fchown(folder->root.fd, uid, gid) == 0
               ? 0
               : ml_fs_fail(e, -errno, "give away", folder->root.real);
}

int ml_private_close(ml_private *folder, ml_err *e)
{
    const int status = folder->root.fd < 0 ? 0 : ml_scratch_remove(&folder->root, e);

    ml_root_close(&folder->root);
    close_fd(&folder->top);
    close_fd(&folder->mounts);
    close_fd(&folder->users);
    return status;
}
