#ifndef SERVER_BASE_PROGRAMS_H
#define SERVER_BASE_PROGRAMS_H

/*
 * The programs of the roles, opened once by the daemon and handed down as
 * descriptors.  Messages between them carry no version, so a daemon never
 * starts a program that was not there when it started itself: files that were
 * removed or replaced since stay what they were, and one that was written
 * over is refused.
 */
#define PROGRAM_COUNT 4

/*
 * Open all of them in folder.  ret_name: on failure, whose file it was.
 * 0 or -errno; then none is open.
 */
int programs_open(const char *folder, const char **ret_name);

/*
 * For a role that was spawned with_programs: take the descriptors from first
 * up.  0 or -errno.
 */
int programs_inherit(int first);

/* Is none written over since it was opened? 0 or -ESTALE. */
int programs_check(void);

/*
 * The descriptor of a program, O_PATH and CLOEXEC, borrowed; -ENOENT when it
 * is not open, -ESTALE when its file was written over.
 */
int programs_find(const char *name);

/* The number-th of PROGRAM_COUNT, borrowed; -1 when it is not open. */
int programs_descriptor(unsigned number);

/* strerror() of what spawning may return, with words for -ESTALE. */
const char *programs_error(int r);

/*
 * Call this process by its program's name: kernels before 6.14 call one that
 * was started from a descriptor by the descriptor's number.
 */
void programs_name_process(const char *name);

#endif
