#include "api/aws/daily.h"
#include "api/aws/filter.h"
#include "api/aws/operations.h"
#include "api/aws/own.h"
#include "api/aws/rules.h"
#include "api/aws/tags.h"
#include "common/base64.h"
#include "common/json_writer.h"
#include "http/request_text.h"

#define VERSIONS_DEFAULT 1000 /* AWS gives more than 100 at once, if nobody asks for less */
#define DEFAULT_KEY "alias/aws/secretsmanager"

/* What the versions of a secret say. */
struct account {
    struct call *call;
    const struct target *target;
    struct buffer *buffer;
    const char *separator;
    int error;
};

static bool is_shown(const struct account *account, const struct version *version) {
    return account->error == 0 && version->state == VERSION_LIVE &&
           bears_labels(&account->target->secret, version);
}

static void append_stages(void *userdata, const struct version *version) {
    struct account *account = userdata;

    if (!is_shown(account, version)) {
        return;
    }
    buffer_append_text(account->buffer, account->separator);
    account->error =
            append_version_id(account->call, account->buffer, account->target->name, version);
    buffer_append_literal(account->buffer, ":");
    append_labels(account->buffer, &account->target->secret, version);
    account->separator = ",";
}

static int append_versions(struct account *account, bool is_list) {
    struct broker *broker = account->call->broker;
    size_t before = account->buffer->len;
    int error;

    buffer_append_text(account->buffer,
            is_list ? ",\"SecretVersionsToStages\":{" : ",\"VersionIdsToStages\":{");
    error = broker_versions(broker, &account->target->secret, append_stages, account);
    if (account->separator[0] == '\0') {
        buffer_truncate(account->buffer, before); /* AWS leaves an empty one out */
    } else {
        buffer_append_literal(account->buffer, "}");
    }
    return error != 0 ? error : account->error;
}

static void append_rotation(struct account *account) {
    const struct secret *secret = &account->target->secret;
    bool is_on = is_rotation_on(secret);

    if (is_on || own_text(secret, OWN_ROTATION).data != NULL) {
        buffer_append_text(account->buffer,
                is_on ? ",\"RotationEnabled\":true" : ",\"RotationEnabled\":false");
        append_text_member(account->buffer, "RotationLambdaARN", own_text(secret, OWN_LAMBDA));
        append_rules(account->buffer, secret);
    }
    if (secret->rotated_at != 0) {
        append_time_member(account->buffer, "LastRotatedDate", secret->rotated_at);
    }
}

static void append_times(struct account *account) {
    const struct target *target = account->target;
    const struct secret *secret = &target->secret;
    instant read_at = daily_find(account->call->broker, target->name, target->born_after, 0);

    append_time_member(account->buffer, "LastChangedDate", secret->updated_at);
    if (read_at != INT64_MIN) {
        append_time_member(account->buffer, "LastAccessedDate", read_at);
    }
    if (secret->is_deleted) {
        append_time_member(account->buffer, "DeletedDate", secret->deleted_at);
    }
    if (is_rotating(secret) && secret->current.number != 0) {
        append_time_member(account->buffer, "NextRotationDate", secret_expires_at(secret));
    }
}

static void append_key(struct buffer *buffer, const struct target *target) {
    struct span key = target_key(target);

    append_text_member(buffer, "KmsKeyId", span_is(key, DEFAULT_KEY) ? SPAN_NULL : key);
}

int append_description(
        struct call *call, struct buffer *buffer, const struct target *target, bool is_list) {
    const struct secret *secret = &target->secret;
    struct account account = {call, target, buffer, "", 0};
    bool is_replicated = own_text(secret, OWN_REPLICAS).len > 0;
    int error = target_begin(call, buffer, target);

    if (error != 0) {
        return error;
    }
    append_text_member(buffer, "Description", secret->description);
    append_key(buffer, target);
    append_rotation(&account);
    append_times(&account);
    append_tags(buffer, secret);
    error = append_versions(&account, is_list);
    if (error != 0) {
        return error;
    }
    append_text_member(buffer, "OwningService", owning_service(secret));
    append_time_member(buffer, "CreatedDate", secret->created_at);
    append_text_member(buffer, "PrimaryRegion",
            target->primary.data != NULL ? target->primary
            : is_replicated              ? target->region
                                         : SPAN_NULL);
    if (!is_list) {
        error = append_replicas(call, buffer, target);
    }
    buffer_append_literal(buffer, "}");
    return error;
}

int aws_handle_describe_secret(struct call *call) {
    struct target target;
    int error = target_find(call, text_of(arguments_of(call), MEMBER_SECRET_ID), &target);

    return error != 0 ? error : append_description(call, answer_begin(call), &target, false);
}

/* A page of versions. */
struct versions {
    struct account account;
    bool with_deprecated;
    uint64_t after; /* the number of the last one of the page before */
    uint64_t last;
    size_t left;
    bool has_more;
};

static void append_version(void *userdata, const struct version *version) {
    struct versions *versions = userdata;
    struct account *account = &versions->account;
    const struct secret *secret = &account->target->secret;
    struct span key = target_key(account->target);
    bool is_labelled = bears_labels(secret, version);
    instant read_at = daily_find(account->call->broker, account->target->name,
            account->target->born_after, version->number);

    if (account->error != 0 || version->state != VERSION_LIVE ||
            version->number <= versions->after || (!is_labelled && !versions->with_deprecated)) {
        return;
    }
    versions->has_more = versions->left == 0;
    if (versions->has_more) {
        return;
    }
    versions->left -= 1;
    versions->last = version->number;
    buffer_append_text(account->buffer, account->separator);
    buffer_append_literal(account->buffer, "{\"VersionId\":");
    account->error =
            append_version_id(account->call, account->buffer, account->target->name, version);
    if (is_labelled) {
        buffer_append_literal(account->buffer, ",\"VersionStages\":");
        append_labels(account->buffer, secret, version);
    }
    if (read_at != INT64_MIN) {
        append_time_member(account->buffer, "LastAccessedDate", read_at);
    }
    append_time_member(account->buffer, "CreatedDate", version->made_at);
    buffer_append_literal(account->buffer, ",\"KmsKeyIds\":[");
    json_write_text(account->buffer, key.len > 0 ? key : SPAN_LITERAL("DefaultEncryptionKey"));
    buffer_append_literal(account->buffer, "]}");
    account->separator = ",";
}

/* A token is the number of the last version of a page, in base64. */
static int take_version_token(struct call *call, uint64_t *ret_number) {
    struct span token = text_of(arguments_of(call), MEMBER_NEXT_TOKEN);
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    unsigned long long number;

    if (token.data == NULL) {
        return 0;
    }
    if (base64_decode(token, &bytes) != 0 || decimal_parse(buffer_span(&bytes), &number) != 0) {
        return refuse_with(&call->problem, AWS_INVALID_TOKEN, "Invalid NextToken.");
    }
    *ret_number = number;
    return 0;
}

static void append_version_token(struct buffer *buffer, const struct versions *versions) {
    BUFFER_AUTO struct buffer token = BUFFER_NULL;

    if (versions->has_more) {
        buffer_append_decimal(&token, versions->last);
        buffer_append_literal(buffer, ",\"NextToken\":");
        json_write_base64(buffer, buffer_span(&token));
    }
}

int aws_handle_list_version_ids(struct call *call) {
    const struct arguments *arguments = arguments_of(call);
    struct target target;
    struct versions versions = {
            .account = {call, &target, &call->answer.body, "", 0},
            .with_deprecated = number_of(arguments, MEMBER_DEPRECATED, 0) != 0,
            .left = (size_t)number_of(arguments, MEMBER_MAX_RESULTS, VERSIONS_DEFAULT),
    };
    struct buffer *buffer;
    int error = take_version_token(call, &versions.after);

    if (error != 0) {
        return error;
    }
    error = target_find(call, text_of(arguments, MEMBER_SECRET_ID), &target);
    if (error != 0) {
        return error;
    }
    buffer = answer_begin(call);
    error = target_begin(call, buffer, &target);
    if (error != 0) {
        return error;
    }
    buffer_append_literal(buffer, ",\"Versions\":[");
    error = broker_versions(call->broker, &target.secret, append_version, &versions);
    buffer_append_literal(buffer, "]");
    append_version_token(buffer, &versions);
    buffer_append_literal(buffer, "}");
    return error != 0 ? error : versions.account.error;
}
