#ifndef SERVER_IPC_MSG_RULES_H
#define SERVER_IPC_MSG_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "server/ipc/msg.h"

/* How one member of a message's struct is written. */
enum field_kind {
    FIELD_END = 0, /* zeroed rest of a row's field list */
    FIELD_U8,
    FIELD_U16,
    FIELD_U32,
    FIELD_U64,
    FIELD_TEXT,      /* const char *, no NUL inside */
    FIELD_BYTES,     /* struct wire_bytes */
    FIELD_ADDRESSES, /* struct msg_addresses */
    FIELD_PROMPTS,   /* the prompts and echo flags of struct msg_prompt */
    FIELD_ANSWERS,   /* the answers of struct msg_answer */
};

#define FIELDS_MAX 14

struct field {
    enum field_kind kind;
    size_t offset;
};

struct msg_rule {
    enum msg_type type;
    char name[24]; /* no pointer: the table needs no relocation */
    enum msg_route route;
    unsigned phases; /* enum msg_phase */
    bool carries_fd; /* one descriptor, by SCM_RIGHTS */
    size_t size;     /* of the struct */
    size_t max_body; /* bytes on the link; 0: LIMIT_MESSAGE_BYTES */
    struct field fields[FIELDS_MAX];
};

/* The whole protocol between our processes.  Indexed by type. */
extern const struct msg_rule msg_rules[MSG_COUNT];

#endif
