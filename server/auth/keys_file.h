#ifndef SERVER_AUTH_KEYS_FILE_H
#define SERVER_AUTH_KEYS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "policy/address.h"
#include "policy/arena.h"
#include "policy/decide.h"
#include "policy/endpoint.h"
#include "policy/settings.h"
#include "server/ipc/wire.h"

#define KEYS_FILE_BYTES_MAX ((size_t)16 << 20) /* a larger file is skipped */

/* The account whose keys are looked up. Borrowed. */
struct keys_account {
    const char *user;
    const char *home;
    uid_t uid;
    gid_t gid;
    const gid_t *groups; /* supplementary, for opening files as the user */
    size_t group_count;
};

/* A login attempt's side of the question. */
struct keys_query {
    const struct keys_account *account;
    const struct settings *settings; /* AuthorizedKeysFile, StrictModes */
    struct wire_bytes blob;          /* the key the client offers */
    const char *host;                /* confirmed name or printed address */
    struct address address;          /* of the client, for from="" */
    time_t now;
    service_port_fn *service; /* for permitopen="host:name" */
    void *service_arg;
};

/* The line that lets a key in. */
struct keys_match {
    struct key_limits limits; /* .from names file and line */
    struct wire_bytes blob;   /* from the file, in the arena: verify with it */
    bool has_command;         /* command="": PermitRootLogin cares */
};

/*
 * Words for people while looking; level is LOG_LEVEL_INFO, _VERBOSE (which
 * key was accepted) or _DEBUG1.  Called with our own ids, never the user's.
 */
typedef void keys_note_fn(void *arg, int level, const char *text);

/*
 * Find the offered key in the user's AuthorizedKeysFile files, in order
 * (sshd semantics C.5).  Files are opened with the account's ids when we are
 * root: a file on a root-squashed mount, or one that the user may not read,
 * behaves as for sshd.  A line whose options do not parse, that is expired
 * or whose from="" does not match is passed over and the search goes on.
 * Results live in arena.  Returns 0, -ENOENT (no line lets it in), -ENOMEM.
 * Changes the ids of the whole process for a while: not for threads.  Aborts
 * if they cannot be restored.
 */
int keys_find(const struct keys_query *query, struct arena *arena,
              keys_note_fn *note, void *arg, struct keys_match *ret);

#endif
