#include "server/ipc/msg_rules.h"

#define F(kind, type, member)                                                  \
    {                                                                          \
        FIELD_##kind, offsetof(struct type, member)                            \
    }
#define ROW(t, n, r, p, s)                                                     \
    .type = (t), .name = n, .route = (r), .phases = (p),                       \
    .size = sizeof(struct s)
#define S2M ROUTE_SESSION_TO_MONITOR
#define M2S ROUTE_MONITOR_TO_SESSION
#define M2P ROUTE_MONITOR_TO_PAM
#define P2M ROUTE_PAM_TO_MONITOR
#define M2D ROUTE_MONITOR_TO_DIALER
#define D2M ROUTE_DIALER_TO_MONITOR

#define FIELDS_NONE                                                            \
    {                                                                          \
        F(U8, msg_none, unused)                                                \
    }
#define FIELDS_ID                                                              \
    {                                                                          \
        F(U32, msg_id, id)                                                     \
    }
#define FIELDS_TEXT                                                            \
    {                                                                          \
        F(TEXT, msg_text, text)                                                \
    }
#define FIELDS_WORDS_AND_ID                                                    \
    {                                                                          \
        F(U32, msg_refused, id), F(U32, msg_refused, reason),                  \
            F(TEXT, msg_refused, text)                                         \
    }
#define FIELDS_LISTEN                                                          \
    {                                                                          \
        F(U32, msg_listen, id), F(BYTES, msg_listen, host),                    \
            F(U32, msg_listen, port), F(U8, msg_listen, wants_reply)           \
    }
#define FIELDS_PATH                                                            \
    {                                                                          \
        F(U32, msg_path, id), F(BYTES, msg_path, path),                        \
            F(U8, msg_path, wants_reply)                                       \
    }
#define FIELDS_PROVE                                                           \
    {                                                                          \
        F(U32, msg_prove, id), F(BYTES, msg_prove, list)                       \
    }
#define FIELDS_DIAL_PATH                                                       \
    {                                                                          \
        F(U32, msg_dial_path, id), F(TEXT, msg_dial_path, path),               \
            F(U32, msg_dial_path, mask), F(U8, msg_dial_path, unlink)          \
    }
#define FIELDS_CONNECT                                                         \
    {                                                                          \
        F(U32, msg_connect, id), F(U16, msg_connect, port),                    \
            F(ADDRESSES, msg_connect, addresses)                               \
    }
#define FIELDS_DISCONNECT                                                      \
    {                                                                          \
        F(U32, msg_disconnect, code), F(TEXT, msg_disconnect, text)            \
    }

const struct msg_rule msg_rules[MSG_COUNT] = {
    [MSG_SETUP] =
        {ROW(MSG_SETUP, "setup", M2S, PHASE_AUTH, msg_setup),
         .fields = {F(TEXT, msg_setup, identification), F(TEXT, msg_setup, kex),
                    F(TEXT, msg_setup, ciphers), F(TEXT, msg_setup, macs),
                    F(TEXT, msg_setup, host_key_algorithms),
                    F(TEXT, msg_setup, signature_algorithms),
                    F(U64, msg_setup, rekey_bytes),
                    F(U32, msg_setup, rekey_seconds),
                    F(U32, msg_setup, max_channels),
                    F(U32, msg_setup, window_ceiling),
                    F(U8, msg_setup, compression), F(BYTES, msg_setup, rsa),
                    F(BYTES, msg_setup, ecdsa), F(BYTES, msg_setup, ed25519)}},
    [MSG_SIGN] = {ROW(MSG_SIGN, "sign", ROUTE_SYNC_TO_MONITOR, PHASE_ANY,
                      msg_sign),
                  .max_body = 128,
                  .fields = {F(U8, msg_sign, key), F(U32, msg_sign, digest),
                             F(BYTES, msg_sign, hash)}},
    [MSG_SIGNED] = {ROW(MSG_SIGNED, "signed", ROUTE_SYNC_TO_SESSION, PHASE_ANY,
                        msg_signed),
                    .fields = {F(BYTES, msg_signed, signature)}},
    [MSG_AUTH_REQUEST] = {ROW(MSG_AUTH_REQUEST, "auth-request", S2M, PHASE_AUTH,
                              msg_bytes),
                          .fields = {F(BYTES, msg_bytes, bytes)}},
    [MSG_AUTH_RESPONSE] = {ROW(MSG_AUTH_RESPONSE, "auth-response", S2M,
                               PHASE_AUTH, msg_bytes),
                           .fields = {F(BYTES, msg_bytes, bytes)}},
    [MSG_AUTH_FAILURE] = {ROW(MSG_AUTH_FAILURE, "auth-failure", M2S, PHASE_AUTH,
                              msg_auth_failure),
                          .fields = {F(TEXT, msg_auth_failure, methods),
                                     F(U8, msg_auth_failure, partial)}},
    [MSG_AUTH_PK_OK] = {ROW(MSG_AUTH_PK_OK, "auth-pk-ok", M2S, PHASE_AUTH,
                            msg_auth_pk_ok),
                        .fields = {F(TEXT, msg_auth_pk_ok, algorithm),
                                   F(BYTES, msg_auth_pk_ok, blob)}},
    [MSG_AUTH_PROMPT] = {ROW(MSG_AUTH_PROMPT, "auth-prompt", M2S, PHASE_AUTH,
                             msg_prompt),
                         .fields = {F(TEXT, msg_prompt, name),
                                    F(TEXT, msg_prompt, instruction),
                                    F(PROMPTS, msg_prompt, count)}},
    [MSG_AUTH_BANNER] = {ROW(MSG_AUTH_BANNER, "auth-banner", M2S, PHASE_AUTH,
                             msg_text),
                         .fields = FIELDS_TEXT},
    [MSG_AUTH_SUCCESS] = {ROW(MSG_AUTH_SUCCESS, "auth-success", M2S, PHASE_AUTH,
                              msg_terms),
                          .fields = {F(U64, msg_terms, rekey_bytes),
                                     F(U32, msg_terms, rekey_seconds),
                                     F(U32, msg_terms, max_sessions),
                                     F(U32, msg_terms, alive_interval),
                                     F(U32, msg_terms, alive_count_max),
                                     F(U32, msg_terms, unused_timeout),
                                     F(U32, msg_terms, idle_timeout[0]),
                                     F(U32, msg_terms, idle_timeout[1]),
                                     F(U32, msg_terms, idle_timeout[2]),
                                     F(U32, msg_terms, idle_timeout[3]),
                                     F(U32, msg_terms, global_timeout),
                                     F(U64, msg_terms, forward_rate),
                                     F(U32, msg_terms, window_each),
                                     F(U32, msg_terms, window_total)}},
    [MSG_OPEN] = {ROW(MSG_OPEN, "open", S2M, PHASE_READY, msg_open),
                  .fields = {F(U32, msg_open, id), F(BYTES, msg_open, host),
                             F(U32, msg_open, port),
                             F(BYTES, msg_open, originator),
                             F(U32, msg_open, originator_port)}},
    [MSG_OPEN_PATH] = {ROW(MSG_OPEN_PATH, "open-path", S2M, PHASE_READY,
                           msg_path),
                       .fields = FIELDS_PATH},
    [MSG_OPENED] = {ROW(MSG_OPENED, "opened", M2S, PHASE_READY, msg_id),
                    .carries_fd = true, .fields = FIELDS_ID},
    [MSG_OPEN_REFUSED] = {ROW(MSG_OPEN_REFUSED, "open-refused", M2S,
                              PHASE_READY, msg_refused),
                          .fields = FIELDS_WORDS_AND_ID},
    [MSG_LISTEN] = {ROW(MSG_LISTEN, "listen", S2M, PHASE_READY, msg_listen),
                    .fields = FIELDS_LISTEN},
    [MSG_LISTEN_DONE] = {ROW(MSG_LISTEN_DONE, "listen-done", M2S, PHASE_READY,
                             msg_listen_done),
                         .fields = {F(U32, msg_listen_done, id),
                                    F(U8, msg_listen_done, ok),
                                    F(U32, msg_listen_done, port)}},
    [MSG_UNLISTEN] = {ROW(MSG_UNLISTEN, "unlisten", S2M, PHASE_READY,
                          msg_listen),
                      .fields = FIELDS_LISTEN},
    [MSG_LISTEN_PATH] = {ROW(MSG_LISTEN_PATH, "listen-path", S2M, PHASE_READY,
                             msg_path),
                         .fields = FIELDS_PATH},
    [MSG_UNLISTEN_PATH] = {ROW(MSG_UNLISTEN_PATH, "unlisten-path", S2M,
                               PHASE_READY, msg_path),
                           .fields = FIELDS_PATH},
    [MSG_ACCEPTED_PATH] = {ROW(MSG_ACCEPTED_PATH, "accepted-path", M2S,
                               PHASE_READY, msg_accepted_path),
                           .carries_fd = true,
                           .fields = {F(U32, msg_accepted_path, id),
                                      F(TEXT, msg_accepted_path, path)}},
    [MSG_ACCEPTED] = {ROW(MSG_ACCEPTED, "accepted", M2S, PHASE_READY,
                          msg_accepted),
                      .carries_fd = true,
                      .fields = {F(U32, msg_accepted, id),
                                 F(TEXT, msg_accepted, host),
                                 F(U32, msg_accepted, port),
                                 F(TEXT, msg_accepted, originator),
                                 F(U32, msg_accepted, originator_port)}},
    [MSG_ACCEPT_OPENED] = {ROW(MSG_ACCEPT_OPENED, "accept-opened", S2M,
                               PHASE_READY, msg_id),
                           .fields = FIELDS_ID},
    [MSG_ACCEPT_REFUSED] = {ROW(MSG_ACCEPT_REFUSED, "accept-refused", S2M,
                                PHASE_READY, msg_refused),
                            .fields = FIELDS_WORDS_AND_ID},
    [MSG_FORWARD_CLOSED] = {ROW(MSG_FORWARD_CLOSED, "forward-closed", S2M,
                                PHASE_READY, msg_forward_closed),
                            .fields = {F(U32, msg_forward_closed, id),
                                       F(U64, msg_forward_closed, bytes_up),
                                       F(U64, msg_forward_closed, bytes_down)}},
    [MSG_SESSION_OPEN] = {ROW(MSG_SESSION_OPEN, "session-open", S2M,
                              PHASE_READY, msg_id),
                          .fields = FIELDS_ID},
    [MSG_SESSION_REQUEST] = {ROW(MSG_SESSION_REQUEST, "session-request", S2M,
                                 PHASE_READY, msg_session_request),
                             .fields = {F(U32, msg_session_request, id),
                                        F(U8, msg_session_request, kind),
                                        F(BYTES, msg_session_request, command),
                                        F(U8, msg_session_request,
                                          has_terminal)}},
    [MSG_SESSION_REPLY] = {ROW(MSG_SESSION_REPLY, "session-reply", M2S,
                               PHASE_READY, msg_session_reply),
                           .fields = {F(U32, msg_session_reply, id),
                                      F(U8, msg_session_reply, ok)}},
    [MSG_SESSION_TEXT] = {ROW(MSG_SESSION_TEXT, "session-text", M2S,
                              PHASE_READY, msg_session_text),
                          .fields = {F(U32, msg_session_text, id),
                                     F(U8, msg_session_text, is_error),
                                     F(TEXT, msg_session_text, text)}},
    [MSG_SESSION_EXIT] = {ROW(MSG_SESSION_EXIT, "session-exit", M2S,
                              PHASE_READY, msg_session_exit),
                          .fields = {F(U32, msg_session_exit, id),
                                     F(U32, msg_session_exit, status)}},
    [MSG_SESSION_LEAVE] = {ROW(MSG_SESSION_LEAVE, "session-leave", S2M,
                               PHASE_READY, msg_id),
                           .fields = FIELDS_ID},
    [MSG_SESSION_CLOSED] = {ROW(MSG_SESSION_CLOSED, "session-closed", S2M,
                                PHASE_READY, msg_id),
                            .fields = FIELDS_ID},
    [MSG_PROVE] = {ROW(MSG_PROVE, "prove", S2M, PHASE_READY, msg_prove),
                   .fields = FIELDS_PROVE},
    [MSG_PROVED] = {ROW(MSG_PROVED, "proved", M2S, PHASE_READY, msg_prove),
                    .fields = FIELDS_PROVE},
    [MSG_PING] = {ROW(MSG_PING, "ping", M2S, PHASE_ANY, msg_id),
                  .fields = FIELDS_ID},
    [MSG_PONG] = {ROW(MSG_PONG, "pong", S2M, PHASE_ANY, msg_id),
                  .fields = FIELDS_ID},
    [MSG_LOG] = {ROW(MSG_LOG, "log", S2M, PHASE_ANY, msg_log), .max_body = 1024,
                 .fields = {F(U32, msg_log, level), F(TEXT, msg_log, text)}},
    [MSG_PEER_GONE] = {ROW(MSG_PEER_GONE, "peer-gone", S2M, PHASE_ANY,
                           msg_disconnect),
                       .max_body = 1024, .fields = FIELDS_DISCONNECT},
    [MSG_DEBUG] = {ROW(MSG_DEBUG, "debug", M2S, PHASE_READY, msg_text),
                   .fields = FIELDS_TEXT},
    [MSG_DISCONNECT] = {ROW(MSG_DISCONNECT, "disconnect", M2S, PHASE_ANY,
                            msg_disconnect),
                        .fields = FIELDS_DISCONNECT},

    [MSG_PAM_START] = {ROW(MSG_PAM_START, "pam-start", M2P, PHASE_ANY,
                           msg_pam_start),
                       .fields = {F(TEXT, msg_pam_start, service),
                                  F(TEXT, msg_pam_start, user),
                                  F(TEXT, msg_pam_start, remote_host),
                                  F(TEXT, msg_pam_start, ssh_connection),
                                  F(U8, msg_pam_start, forbid_empty_password)}},
    [MSG_PAM_PASSWORD] = {ROW(MSG_PAM_PASSWORD, "pam-password", M2P, PHASE_ANY,
                              msg_text),
                          .fields = FIELDS_TEXT},
    [MSG_PAM_INTERACTIVE] = {ROW(MSG_PAM_INTERACTIVE, "pam-interactive", M2P,
                                 PHASE_ANY, msg_none),
                             .fields = FIELDS_NONE},
    [MSG_PAM_PROMPT] = {ROW(MSG_PAM_PROMPT, "pam-prompt", P2M, PHASE_ANY,
                            msg_prompt),
                        .fields = {F(TEXT, msg_prompt, name),
                                   F(TEXT, msg_prompt, instruction),
                                   F(PROMPTS, msg_prompt, count)}},
    [MSG_PAM_ANSWER] = {ROW(MSG_PAM_ANSWER, "pam-answer", M2P, PHASE_ANY,
                            msg_answer),
                        .fields = {F(ANSWERS, msg_answer, count)}},
    [MSG_PAM_ACCOUNT] = {ROW(MSG_PAM_ACCOUNT, "pam-account", M2P, PHASE_ANY,
                             msg_none),
                         .fields = FIELDS_NONE},
    [MSG_PAM_SESSION] =
        {ROW(MSG_PAM_SESSION, "pam-session", M2P, PHASE_ANY, msg_pam_session),
         .fields = {F(U32, msg_pam_session, uid), F(U32, msg_pam_session, gid),
                    F(TEXT, msg_pam_session, home),
                    F(U8, msg_pam_session, authenticated_by_pam)}},
    [MSG_PAM_DIALER] = {ROW(MSG_PAM_DIALER, "pam-dialer", M2P, PHASE_ANY,
                            msg_none),
                        .carries_fd = true, .fields = FIELDS_NONE},
    [MSG_PAM_RESULT] = {ROW(MSG_PAM_RESULT, "pam-result", P2M, PHASE_ANY,
                            msg_pam_result),
                        .fields = {F(U8, msg_pam_result, ok),
                                   F(U8, msg_pam_result, expired),
                                   F(U8, msg_pam_result, exhausted),
                                   F(TEXT, msg_pam_result, text),
                                   F(TEXT, msg_pam_result, detail)}},

    [MSG_RESOLVE] = {ROW(MSG_RESOLVE, "resolve", M2D, PHASE_ANY, msg_resolve),
                     .fields = {F(U32, msg_resolve, id),
                                F(TEXT, msg_resolve, host),
                                F(U8, msg_resolve, family),
                                F(U8, msg_resolve, passive)}},
    [MSG_RESOLVED] = {ROW(MSG_RESOLVED, "resolved", D2M, PHASE_ANY,
                          msg_resolved),
                      .fields = {F(U32, msg_resolved, id),
                                 F(U32, msg_resolved, lack),
                                 F(TEXT, msg_resolved, error),
                                 F(ADDRESSES, msg_resolved, addresses)}},
    [MSG_NAME_OF] = {ROW(MSG_NAME_OF, "name-of", M2D, PHASE_ANY, msg_name_of),
                     .fields = {F(U32, msg_name_of, id),
                                F(ADDRESSES, msg_name_of, address)}},
    [MSG_NAMED] = {ROW(MSG_NAMED, "named", D2M, PHASE_ANY, msg_named),
                   .fields = {F(U32, msg_named, id), F(TEXT, msg_named, name)}},
    [MSG_CONNECT] = {ROW(MSG_CONNECT, "connect", M2D, PHASE_ANY, msg_connect),
                     .fields = FIELDS_CONNECT},
    [MSG_CONNECT_PATH] = {ROW(MSG_CONNECT_PATH, "connect-path", M2D, PHASE_ANY,
                              msg_dial_path),
                          .fields = FIELDS_DIAL_PATH},
    [MSG_CONNECTED] = {ROW(MSG_CONNECTED, "connected", D2M, PHASE_ANY,
                           msg_connected),
                       .carries_fd = true,
                       .fields = {F(U32, msg_connected, id),
                                  F(U32, msg_connected, error),
                                  F(U32, msg_connected, index)}},
    [MSG_CANCEL] = {ROW(MSG_CANCEL, "cancel", M2D, PHASE_ANY, msg_id),
                    .fields = FIELDS_ID},
    [MSG_BIND] = {ROW(MSG_BIND, "bind", M2D, PHASE_ANY, msg_connect),
                  .fields = FIELDS_CONNECT},
    [MSG_BIND_PATH] = {ROW(MSG_BIND_PATH, "bind-path", M2D, PHASE_ANY,
                           msg_dial_path),
                       .fields = FIELDS_DIAL_PATH},
    [MSG_BIND_SOCKET] = {ROW(MSG_BIND_SOCKET, "bind-socket", M2D, PHASE_ANY,
                             msg_bind_socket),
                         .carries_fd = true,
                         .fields = {F(U32, msg_bind_socket, id),
                                    F(U8, msg_bind_socket, is_last)}},
    [MSG_BOUND] = {ROW(MSG_BOUND, "bound", D2M, PHASE_ANY, msg_bound),
                   .fields = {F(U32, msg_bound, id), F(U32, msg_bound, error),
                              F(U16, msg_bound, port),
                              F(ADDRESSES, msg_bound, addresses)}},
    [MSG_UNBIND] = {ROW(MSG_UNBIND, "unbind", M2D, PHASE_ANY, msg_id),
                    .fields = FIELDS_ID},
    [MSG_INCOMING] = {ROW(MSG_INCOMING, "incoming", D2M, PHASE_ANY,
                          msg_incoming),
                      .carries_fd = true,
                      .fields = {F(U32, msg_incoming, id),
                                 F(ADDRESSES, msg_incoming, peer),
                                 F(U16, msg_incoming, peer_port)}},
    [MSG_STOCK] = {ROW(MSG_STOCK, "stock", M2D, PHASE_ANY, msg_stock),
                   .fields = {F(U8, msg_stock, family),
                              F(U32, msg_stock, count)}},
    [MSG_SOCKET] = {ROW(MSG_SOCKET, "socket", D2M, PHASE_ANY, msg_socket),
                    .carries_fd = true,
                    .fields = {F(U8, msg_socket, family),
                               F(U32, msg_socket, error)}},

    [MSG_ADMIT] = {ROW(MSG_ADMIT, "admit", ROUTE_MONITOR_TO_LISTENER, PHASE_ANY,
                       msg_admit),
                   .max_body = 64,
                   .fields = {F(U32, msg_admit, uid),
                              F(U64, msg_admit, limit)}},
    [MSG_ADMITTED] = {ROW(MSG_ADMITTED, "admitted", ROUTE_LISTENER_TO_MONITOR,
                          PHASE_ANY, msg_admitted),
                      .fields = {F(U8, msg_admitted, ok)}},
    [MSG_LOGGED_IN] = {ROW(MSG_LOGGED_IN, "logged-in",
                           ROUTE_MONITOR_TO_LISTENER, PHASE_ANY, msg_none),
                       .fields = FIELDS_NONE},
};
