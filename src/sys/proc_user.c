/* proc_user.c — whom a child works for; see proc.h. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/proc.h"

/* How many groups a first try has room for. */
enum { GROUPS = 64 };

static int find_groups(ml_proc_user *user, const char *name, ml_err *e)
{
    int count = GROUPS;
    gid_t *grown = calloc(GROUPS, sizeof *grown);

    user->groups = grown;
    /* it says how many there are when they are too many */
    while (grown != NULL && getgrouplist(name, user->gid, user->groups, &count) < 0) {
        grown = realloc(user->groups, (size_t)count * sizeof *grown);
        if (grown != NULL)
            user->groups = grown;
    }
    user->group_count = (size_t)count;
    return grown == NULL ? ml_fail_memory(e) : 0;
}

int ml_proc_user_find(ml_proc_user *user, const char *name, ml_err *e)
{
    struct passwd entry, *found = NULL;
    char space[16384];

    memset(user, 0, sizeof *user);
    if (getpwnam_r(name, &entry, space, sizeof space, &found) != 0 || found == NULL)
        return ml_fail(e, ML_E_MISSING, "there is no user %s", name);
    if (geteuid() != 0) {
        ml_fail(e, ML_E_PERMISSION, "only root can work for %s", name);
        return ml_err_hint(e, "run it as root, or as that user");
    }
    user->uid = found->pw_uid;
    user->gid = found->pw_gid;
    return find_groups(user, name, e);
}

void ml_proc_user_free(ml_proc_user *user)
{
    free(user->groups);
    memset(user, 0, sizeof *user);
}
