/*
 * What the session process may ask of the kernel after it was given its
 * sockets.  It talks to strangers: it can open, create and name nothing.
 */
#include "server/sandbox/rules.h"

#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define ANY .only_count = 0
#define FD_IS(n) .only = {{0, UINT64_MAX, (n)}}, .only_count = 1

/* The links to the monitor, see session/main.c. */
#define ASYNC_LINK 4
#define SYNC_LINK 5

const struct sandbox_rule sandbox_session_rules[] = {
    {"recvfrom", "SSH bytes and forwarded bytes", ANY},
    {"sendto", "the same, outward; never with an address",
     .only = {{4, UINT64_MAX, 0}, {5, UINT64_MAX, 0}}, .only_count = 2},
    {"recvmsg", "answers and sockets from the monitor", FD_IS(ASYNC_LINK)},
    {"recvmsg", "signatures", FD_IS(SYNC_LINK)},
    {"sendmsg", "requests to the monitor", FD_IS(ASYNC_LINK)},
    {"sendmsg", "exchange hashes to sign", FD_IS(SYNC_LINK)},
    {"read", "libuv's own wake-up descriptors", ANY},
    {"write", "the same, and last words on stderr", ANY},
    {"poll", "libssh asks whether its socket is ready", ANY},
    {"ppoll", "the same, where libc has no poll", ANY},
    {"epoll_wait", "the event loop", ANY},
    {"epoll_pwait", "the event loop", ANY},
    {"epoll_ctl", "forwards come and go", ANY},
    {"ioctl", "libuv makes a forward's socket non-blocking",
     .only = {{1, UINT32_MAX, FIONBIO}}, .only_count = 1},
    {"shutdown", "pass on a half-close", ANY},
    {"close", "finished forwards", ANY},
    {"dup3", "put /dev/null, its input, over its output",
     .only = {{0, UINT64_MAX, 0}}, .only_count = 1},
    {"clock_gettime", "timers, where the vDSO is not used", ANY},
    {"gettimeofday", "the same, inside libssh", ANY},
    {"getrandom", "padding, cookies, ephemeral keys", ANY},
    {"getpid", "OpenSSL looks whether it was forked", ANY},
    {"brk", "malloc", ANY},
    {"mmap", "malloc; nothing executable", .only = {{2, PROT_EXEC, 0}},
     .only_count = 1},
    {"munmap", "malloc", ANY},
    {"mremap", "malloc", ANY},
    {"madvise", "malloc", ANY},
    {"futex", "locks of OpenSSL and libc", ANY},
    {"rt_sigprocmask", "the event loop", ANY},
    {"rt_sigreturn", "signals", ANY},
    {"restart_syscall", "the kernel, after a stop", ANY},
    {"exit", "the end", ANY},
    {"exit_group", "the end", ANY},
#ifdef PORTCULLIS_SANITIZED
    {"mprotect", "the sanitizers' own memory", .only = {{2, PROT_EXEC, 0}},
     .only_count = 1},
    {"sigaltstack", "the sanitizers", ANY},
    {"rt_sigaction", "the sanitizers", ANY},
    {"gettid", "the sanitizers", ANY},
    {"sched_yield", "the sanitizers", ANY},
#endif
};

const size_t sandbox_session_rule_count =
    sizeof(sandbox_session_rules) / sizeof(sandbox_session_rules[0]);
