/* agent.c — see agent.h. */
#include "sys/agent.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"
#include "format/ssh_wire.h"
#include "sys/proc_internal.h"

enum { REQUEST_IDENTITIES = 11, IDENTITIES_ANSWER = 12 };

static int broken(ml_err *e)
{
    return ml_fail(e, ML_E_CHILD, "the SSH agent gives an answer that is none");
}

static int connect_to(const char *path, ml_err *e)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd, error;

    if (strlen(path) >= sizeof address.sun_path)
        return ml_fail(e, ML_E_MISSING, "the path of the SSH agent's socket is too long");
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        error = errno;
        return ml_fail_errno(e, error, "cannot make a socket");
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return ml_fail(e, ML_E_MISSING, "no SSH agent listens at %s", path);
}

/* Waits for the events; -1 when they do not come in time. */
static int wait_for(int fd, short events, int64_t until, ml_err *e)
{
    for (;;) {
        struct pollfd p = { .fd = fd, .events = events };
        const int64_t left = until - ml_proc_now();
        const int ready = left <= 0 ? 0 : poll(&p, 1, (int)left);

        if (ready > 0)
            return 0;
        if (ready == 0)
            return ml_fail(e, ML_E_CHILD, "the SSH agent does not answer");
        if (errno != EINTR)
            return ml_fail_errno(e, errno, "cannot wait for the SSH agent");
    }
}

/* Appends `len` bytes that the agent sends. */
static int receive(ml_buf *to, int fd, size_t len, int64_t until, ml_err *e)
{
    unsigned char *p = ml_buf_room(to, len);

    if (p == NULL)
        return ml_fail_memory(e);
    while (len > 0) {
        const ssize_t got = recv(fd, p, len, 0);

        if (got > 0) {
            p += got;
            len -= (size_t)got;
            to->len += (size_t)got;
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            return broken(e);
        } else if (wait_for(fd, POLLIN, until, e) < 0) {
            return -1;
        }
    }
    return 0;
}

static int converse(ml_buf *answer, int fd, int64_t until, ml_err *e)
{
    static const unsigned char request[] = { 0, 0, 0, 1, REQUEST_IDENTITIES };
    const size_t start = answer->len;
    ml_bytes head;
    uint32_t len;

    /* A new socket takes five bytes at once. */
    if (send(fd, request, sizeof request, MSG_NOSIGNAL) != (ssize_t)sizeof request)
        return broken(e);
    if (receive(answer, fd, 5, until, e) < 0)
        return -1;
    head = ml_bytes_of(answer->p + start, 5);
    if (!ml_ssh_take_number(&head, &len) || len < 1 || head.p[0] != IDENTITIES_ANSWER)
        return broken(e);
    if (len > ML_LIMIT_AGENT)
        return ml_fail(e, ML_E_LIMIT, "the answer of an SSH agent may have %d bytes",
                       ML_LIMIT_AGENT);
    answer->len = start;
    return receive(answer, fd, len - 1, until, e);
}

int ml_agent_ask(ml_buf *answer, const char *socket_path, int patience, ml_err *e)
{
    const int64_t until = ml_proc_now() + patience;
    const int fd = connect_to(socket_path, e);
    int status;

    if (fd < 0)
        return -1;
    status = converse(answer, fd, until, e);
    close(fd);
    return status;
}

int ml_agent_begin(ml_agent_keys *keys, ml_bytes answer, ml_err *e)
{
    keys->rest = answer;
    return ml_ssh_take_number(&keys->rest, &keys->left) ? 0 : broken(e);
}

int ml_agent_next(ml_agent_keys *keys, ml_agent_key *key, ml_err *e)
{
    if (keys->left == 0)
        return keys->rest.len == 0 ? 0 : broken(e);
    if (!ml_ssh_take_string(&keys->rest, &key->wire) ||
        !ml_ssh_take_string(&keys->rest, &key->comment))
        return broken(e);
    keys->left--;
    return 1;
}
