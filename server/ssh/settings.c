/*
 * How libssh is told what to do: every algorithm list explicitly, no
 * configuration file, compression only when asked for, never blocking.
 */
#include <errno.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/resource.h>

#include "server/limits.h"
#include "server/ssh/host_keys.h"
#include "server/ssh/state.h"

int
transport_warm_up(void)
{
    uint8_t byte;

    /* Without the texts of errors: 56 KiB, and numbers do for a log. */
    if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG |
                                OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS,
                            NULL) != 1 ||
        ssh_init() != SSH_OK || RAND_bytes(&byte, 1) != 1) {
        return -EIO;
    }
    /* Providers are loaded at first use: use them. */
    EVP_MD_free(EVP_MD_fetch(NULL, "SHA256", NULL));
    EVP_CIPHER_free(EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL));
    return 0;
}

int
settings_apply_bind(ssh_bind bind, const struct msg_setup *s)
{
    const bool no = false;
    const struct {
        enum ssh_bind_options_e option;
        const void *value;
    } options[] = {
        {SSH_BIND_OPTIONS_PROCESS_CONFIG, &no},
        {SSH_BIND_OPTIONS_BANNER, s->identification},
        {SSH_BIND_OPTIONS_KEY_EXCHANGE, s->kex},
        {SSH_BIND_OPTIONS_CIPHERS_C_S, s->ciphers},
        {SSH_BIND_OPTIONS_CIPHERS_S_C, s->ciphers},
        {SSH_BIND_OPTIONS_HMAC_C_S, s->macs},
        {SSH_BIND_OPTIONS_HMAC_S_C, s->macs},
        {SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, s->host_key_algorithms},
        {SSH_BIND_OPTIONS_PUBKEY_ACCEPTED_KEY_TYPES, s->signature_algorithms},
    };

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (ssh_bind_options_set(bind, options[i].option, options[i].value) <
            0) {
            return -EINVAL;
        }
    }
    return host_keys_import(bind, s);
}

int
settings_apply_rekey(ssh_session session, uint64_t bytes, uint32_t seconds)
{
    if (bytes != 0 &&
        ssh_options_set(session, SSH_OPTIONS_REKEY_DATA, &bytes) < 0) {
        return -EINVAL;
    }
    if (seconds != 0 &&
        ssh_options_set(session, SSH_OPTIONS_REKEY_TIME, &seconds) < 0) {
        return -EINVAL;
    }
    return 0;
}

int
settings_apply_session(ssh_session session, const struct msg_setup *s)
{
    /* Delayed only: nothing is inflated before a login. */
    const char *methods = s->compression ? "none,zlib@openssh.com" : "none";

    ssh_set_blocking(session, 0);
    if (ssh_options_set(session, SSH_OPTIONS_COMPRESSION_C_S, methods) < 0 ||
        ssh_options_set(session, SSH_OPTIONS_COMPRESSION_S_C, methods) < 0) {
        return -EINVAL;
    }
    return settings_apply_rekey(session, s->rekey_bytes, s->rekey_seconds);
}

size_t
settings_read_size(void)
{
    struct rlimit stack;
    size_t most;

    if (getrlimit(RLIMIT_STACK, &stack) < 0 ||
        stack.rlim_cur == RLIM_INFINITY) {
        return LIMIT_READ;
    }
    most = stack.rlim_cur / 2 / LIMIT_READ_STACK * LIMIT_READ_PACKET;
    if (most < LIMIT_READ_MIN) {
        return 0;
    }
    return most < LIMIT_READ ? most : LIMIT_READ;
}
