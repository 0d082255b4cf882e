/* What each operation does, once its path is known: read the body, call the broker, answer. */
#ifndef GHOSTKEYD_API_VAULT_VAULT_HANDLERS_H
#define GHOSTKEYD_API_VAULT_VAULT_HANDLERS_H

struct call;

/* vault_sys.c: the server itself */
int vault_sys_health(struct call *call);
int vault_sys_seal_status(struct call *call);
int vault_sys_init(struct call *call);
int vault_sys_leader(struct call *call);

/* vault_sys_mounts.c: the mounts */
int vault_sys_mounts(struct call *call);
int vault_sys_read_mount(struct call *call);
int vault_sys_write_mount(struct call *call);
int vault_sys_unmount(struct call *call);
int vault_sys_auth(struct call *call);
int vault_sys_ui_mounts(struct call *call);
int vault_sys_ui_mount(struct call *call);

/* vault_config.c: what holds for all secrets of a mount */
int vault_read_config(struct call *call);
int vault_write_config(struct call *call);

/* vault_auth.c: what gives a token */
int vault_login(struct call *call);
int vault_token_create(struct call *call);

/* vault_auth_token.c: what is done with a token */
int vault_lookup_self(struct call *call);
int vault_renew_self(struct call *call);
int vault_revoke_self(struct call *call);
int vault_lookup(struct call *call);
int vault_renew(struct call *call);
int vault_revoke(struct call *call);
int vault_lookup_accessor(struct call *call);
int vault_renew_accessor(struct call *call);
int vault_revoke_accessor(struct call *call);
int vault_list_accessors(struct call *call);

/*
 * vault_other.c: paths below a mount that KV version 2 does not have. Other handlers call it for an
 * empty {path}.
 */
int vault_other(struct call *call);

/* vault_data.c */
int vault_data_read(struct call *call);
int vault_data_write(struct call *call);
int vault_data_patch(struct call *call);
int vault_data_delete(struct call *call);
int vault_subkeys_read(struct call *call);

/* vault_versions.c */
int vault_versions_delete(struct call *call);
int vault_versions_undelete(struct call *call);
int vault_versions_destroy(struct call *call);

/* vault_metadata.c */
int vault_metadata_read(struct call *call);
int vault_metadata_write(struct call *call);
int vault_metadata_patch(struct call *call);
int vault_metadata_delete(struct call *call);

/* vault_list.c */
int vault_metadata_list(struct call *call);

#endif
