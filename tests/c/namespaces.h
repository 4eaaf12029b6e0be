#ifndef ML_TESTS_C_NAMESPACES_H
#define ML_TESTS_C_NAMESPACES_H

/* namespaces.h — a process that may make no namespace of mounts, as in many containers. */
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static inline bool put(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return done;
}

/* Lets this process, which must have one thread, and its children make no more of them: in a
 * namespace of users the limits are its own. False where even that cannot be had. */
static inline bool refuse_namespaces(void)
{
    char users[64], groups[64];

    snprintf(users, sizeof users, "%lu %lu 1", (unsigned long)geteuid(), (unsigned long)geteuid());
    snprintf(groups, sizeof groups, "%lu %lu 1", (unsigned long)getegid(),
             (unsigned long)getegid());
    return unshare(CLONE_NEWUSER) == 0 && put("/proc/self/setgroups", "deny") &&
           put("/proc/self/gid_map", groups) && put("/proc/self/uid_map", users) &&
           put("/proc/sys/user/max_mnt_namespaces", "0");
}

#endif
