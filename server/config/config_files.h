#ifndef SERVER_CONFIG_CONFIG_FILES_H
#define SERVER_CONFIG_CONFIG_FILES_H

#include "policy/policy.h"

#define CONFIG_FILE_MAX 1024                /* main and includes */
#define CONFIG_BYTES_MAX ((size_t)32 << 20) /* of all of them */

/*
 * The configuration as it stands on disk: the main file and all that its
 * Include lines lead to, each read once.  A file that somebody else than root
 * and the running user may change is refused; a group of that user alone is
 * nobody else.
 */
struct config_files {
    struct source main;
    struct include *includes;
    size_t include_count;
    /* Where relative Includes are; NULL: there is no main file. */
    char *folder;
    size_t file_count, byte_count;
};

/*
 * name       of the main file, as messages will call it; "none": no file.
 * directory  where a relative name is, absolute.
 *
 * Returns 0; -EPERM (refused for its owner or mode), -EFBIG (too many files
 * or bytes), -ENOMEM, or -errno of what could not be read; *reterr has a
 * sentence that names the file.
 */
int config_files_read(const char *name, const char *directory,
                      struct config_files *ret, struct diag *reterr);
void config_files_done(struct config_files *f); /* twice is fine */

#endif
