/*
 * Names and regions: which secret of GhostKey a region and a name of AWS stand for.
 *
 *   region --aws-region, name /prod/db    %2Fprod/db
 *   region eu-west-1, name prod/db        aws.eu-west-1/prod/db
 */
#ifndef GHOSTKEYD_API_AWS_PLACE_H
#define GHOSTKEYD_API_AWS_PLACE_H

#include "common/span.h"
#include "ghostkey/protocol.h"
#include "model/problem.h"

/* Whether text is spelled like a region: eu-west-1. */
bool is_region(struct span text);

/*
 * The region in the credential scope of an Authorization header; data NULL: there is none. The
 * header: `AWS4-HMAC-SHA256 Credential=ID/20260101/eu-west-1/secretsmanager/aws4_request, ...`
 */
struct span region_of_credential(struct span authorization);

/* The access key id in it; data NULL: there is none. */
struct span key_of_credential(struct span authorization);

/* Whether path is a name that AWS takes. Else refuse_name() says so. */
bool is_aws_name(struct span path);
int refuse_name(struct problem *problem);

/*
 * The secret's name in GhostKey, written to place. A ValidationException: AWS takes no such name,
 * or it would be longer than a name may be in GhostKey.
 */
int name_of_path(struct span region, struct span home, struct span path,
        char place[GK_NAME_MAX_BYTES], struct span *ret_name, struct problem *problem);

/* The way back. False: the secret belongs to another region. */
bool path_of_secret(struct span region, struct span home, struct span name,
        char place[GK_NAME_MAX_BYTES], struct span *ret_path);

/*
 * The environment name that such a secret gets, so that it is named after AWS's name for it. Data
 * NULL: it needs none, since GhostKey makes the same one from the secret's name; or, with
 * *ret_is_off, no environment name can be made of it, and the secret gets none.
 */
struct span env_of_path(struct span region, struct span home, struct span path, struct span name,
        char place[GK_NAME_MAX_BYTES + 1], bool *ret_is_off);

#define ARN_ID_CHARS 6

/* What a SecretId says. */
struct secret_id {
    struct span region; /* data NULL: it is no ARN */
    struct span path;
    struct span arn_id; /* the six characters; data NULL: there are none */
};

/* False: it is an ARN, but none of a secret of this account. */
bool secret_id_parse(struct span text, struct secret_id *ret_id);

#endif
