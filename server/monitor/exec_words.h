#ifndef SERVER_MONITOR_EXEC_WORDS_H
#define SERVER_MONITOR_EXEC_WORDS_H

#include <stdint.h>

#include "server/ipc/wire.h"

/* The few words that "ssh host WORD" may say here. */
enum exec_word {
    EXEC_UNKNOWN = 0,
    EXEC_SHELL, /* nothing at all */
    EXEC_TRUE,
    EXEC_SLEEP, /* like sleep(1) with one argument */
    EXEC_HELP,
    EXEC_POLICY,
    EXEC_STATUS,
    EXEC_STATUS_JSON,
};

#define EXEC_FOREVER UINT64_MAX

struct exec_command {
    enum exec_word word;
    uint64_t sleep_ms; /* EXEC_SLEEP; EXEC_FOREVER for "infinity" */
};

/* Total: what is not understood is EXEC_UNKNOWN. */
struct exec_command exec_words_parse(struct wire_bytes command);

#endif
