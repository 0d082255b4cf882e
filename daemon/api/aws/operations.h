/* The handlers of AWS's operations, by the file in which they are. */
#ifndef GHOSTKEYD_API_AWS_OPERATIONS_H
#define GHOSTKEYD_API_AWS_OPERATIONS_H

#include "api/aws/stage.h"

int aws_handle_create_secret(struct call *call);

int aws_handle_get_secret_value(struct call *call);
int aws_handle_batch_get(struct call *call);

int aws_handle_put_secret_value(struct call *call);
int aws_handle_update_secret(struct call *call);

int aws_handle_describe_secret(struct call *call);
int aws_handle_list_version_ids(struct call *call);

int aws_handle_list_secrets(struct call *call);

int aws_handle_delete_secret(struct call *call);
int aws_handle_restore_secret(struct call *call);

int aws_handle_rotate_secret(struct call *call);
int aws_handle_cancel_rotate(struct call *call);

int aws_handle_update_stage(struct call *call);

int aws_handle_tag(struct call *call);
int aws_handle_untag(struct call *call);

int aws_handle_get_policy(struct call *call);
int aws_handle_put_policy(struct call *call);
int aws_handle_delete_policy(struct call *call);
int aws_handle_validate_policy(struct call *call);

int aws_handle_replicate(struct call *call);
int aws_handle_remove_replicas(struct call *call);

int aws_handle_stop_replication(struct call *call);

int aws_handle_random_password(struct call *call);

int aws_handle_agent(struct call *call);

/*
 * op_value.c: answers with the value of the version that is asked for; version_id, label: data
 * NULL: not given. Appends the object to the answer.
 */
int answer_value(struct call *call, const struct target *target, struct span version_id,
        struct span label, struct buffer *buffer);

/* op_describe.c: appends the document of a secret; that of a list differs in two members. */
int append_description(
        struct call *call, struct buffer *buffer, const struct target *target, bool is_list);

/* op_put.c: `{"ARN":...,"Name":...,"VersionId":...` of the version that was made, or had been. */
int begin_with_version(struct call *call, struct buffer *buffer, const struct target *target,
        const struct version *version);

/*
 * op_put.c: looks for a version that an earlier request with this ClientRequestToken made.
 * *ret_version: it, with the same value; number 0: there is none. A ResourceExistsException: it has
 * another value.
 */
int find_made_version(struct call *call, const struct target *target, struct version *ret_version);

/* op_put.c: the checks that Create, Put and Update share; then the value and the version's id. */
int check_token(struct call *call);
int check_value(struct call *call);
int check_description(struct call *call);
void take_value(struct call *call, struct definition *definition);

/*
 * op_replica.c: whether all replicas that the request asks for can be kept. Nothing is changed. A
 * ValidationException or InvalidParameterException
 */
int check_replicas(struct call *call, const struct target *target);

/* Makes them. */
int add_replicas(struct call *call, struct target *target);

/* Takes a region off the primary's list of replicas. */
int remove_from_list(struct call *call, struct target *target, struct span region);

/* An InvalidParameterException: one of the regions is no region, or the secret's own. */
int check_replica_regions(struct call *call);

#endif
