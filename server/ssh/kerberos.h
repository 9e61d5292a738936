#ifndef SERVER_SSH_KERBEROS_H
#define SERVER_SSH_KERBEROS_H

#include <stdint.h>

/* The GSSAPI symbols that libssh.a wants (RFC 2744), all of them inert. */

typedef const void *gss_oid;

extern gss_oid GSS_C_NT_HOSTBASED_SERVICE;
extern gss_oid GSS_C_NT_USER_NAME;

uint32_t gss_accept_sec_context(void);
uint32_t gss_acquire_cred(void);
uint32_t gss_add_oid_set_member(void);
uint32_t gss_create_empty_oid_set(void);
uint32_t gss_display_name(void);
uint32_t gss_display_status(void);
uint32_t gss_get_mic(void);
uint32_t gss_import_name(void);
uint32_t gss_indicate_mechs(void);
uint32_t gss_init_sec_context(void);
uint32_t gss_inquire_cred(void);
uint32_t gss_inquire_cred_by_mech(void);
uint32_t gss_release_buffer(void);
uint32_t gss_release_cred(void);
uint32_t gss_release_name(void);
uint32_t gss_release_oid_set(void);
uint32_t gss_test_oid_set_member(void);
uint32_t gss_verify_mic(void);

#endif
