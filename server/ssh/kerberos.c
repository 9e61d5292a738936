/*
 * Inert Kerberos.  libssh.a calls GSSAPI before a login when a client asks for
 * gssapi-with-mic; the wrap of USERAUTH_REQUEST keeps such requests away from
 * it, and these definitions keep the Kerberos libraries out of the process
 * that talks to strangers.  Every call fails.
 */
#include "server/ssh/kerberos.h"

/* RFC 2744 section 3.9.1: a routine error, "unavailable". */
#define GSS_UNAVAILABLE (16U << 16)

gss_oid GSS_C_NT_HOSTBASED_SERVICE = 0;
gss_oid GSS_C_NT_USER_NAME = 0;

#define INERT(name)                                                            \
    uint32_t name(void)                                                        \
    {                                                                          \
        return GSS_UNAVAILABLE;                                                \
    }

INERT(gss_accept_sec_context)
INERT(gss_acquire_cred)
INERT(gss_add_oid_set_member)
INERT(gss_create_empty_oid_set)
INERT(gss_display_name)
INERT(gss_display_status)
INERT(gss_get_mic)
INERT(gss_import_name)
INERT(gss_indicate_mechs)
INERT(gss_init_sec_context)
INERT(gss_inquire_cred)
INERT(gss_inquire_cred_by_mech)
INERT(gss_release_buffer)
INERT(gss_release_cred)
INERT(gss_release_name)
INERT(gss_release_oid_set)
INERT(gss_test_oid_set_member)
INERT(gss_verify_mic)
