#ifndef SERVER_BASE_SPAWN_H
#define SERVER_BASE_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

#define SPAWN_FD_MAX 8 /* descriptors a role is given; programs too */
#define SPAWN_FILES_MAX 65536

/*
 * Start one of our programs (name: "portcullis-session"): the one that
 * programs.h has open, else the one in the folder that spawn_init() found.
 * The child gets stdin from /dev/null, our stdout and stderr, fds[i] as
 * descriptor 3 + i, and nothing else; a fixed environment (PATH, LANG=C, and
 * TZ of ours when set); default signal handlers and an empty signal mask.
 * fds are borrowed.
 */
struct spawn {
    const char *name;
    const char *const *argv; /* after argv[0]; NULL-terminated; may be NULL */
    int fds[SPAWN_FD_MAX];
    size_t fd_count;
    int new_session;     /* setsid(): the head of a connection's processes */
    int die_with_parent; /* PDEATHSIG SIGKILL: a second line behind EOF */
    /* It starts programs itself and is given them, as descriptors that follow
     * those of fds, if we have them open: see programs_inherit(). */
    int with_programs;
};

/*
 * Returns 0 and the pid, or -errno (also when exec fails); -ESTALE when a
 * program was written over, see programs_error().
 */
int spawn_start(const struct spawn *spawn, pid_t *ret);

/*
 * For a program that needs more descriptors than others: so many, as far as
 * the hard limit lets us.  Children start with the limit that this program
 * was started with.  0 or -errno.
 */
int spawn_raise_files(size_t wanted);

/*
 * Where our programs are: found from /proc/self/exe once, at start.  That is
 * the folder of the running program or, where the daemon is installed apart
 * from the others, INSTALLATION_PROGRAMS as seen from there.  0 or -errno.
 */
int spawn_init(void);

/* That folder, after spawn_init(). */
const char *spawn_folder(void);

#endif
