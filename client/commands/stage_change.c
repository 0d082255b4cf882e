#include "commands/stage_change.h"

#include <ghostkey/error.h>

#include "commands/option_check.h"
#include "commands/secret_suggest.h"
#include "secret_name.h"
#include "terminal/output.h"

int stage_change_begin(const struct invocation *invocation, struct broker_client **ret_broker,
        json_int_t *ret_version) {
    const char *version = option_value(invocation->options, "version");
    int error = secret_name_check(invocation->arguments[0]);

    if (error != 0) {
        return error;
    }
    *ret_version = version != NULL ? number_read(version) : 0;
    return command_connect(invocation, ret_broker);
}

int stage_change_ask(const struct invocation *invocation, struct broker_client *broker,
        const char *route, json_int_t version) {
    const char *name = invocation->arguments[0];
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    const json_t *discarded;
    int error = broker_stage(broker, route, name, version, &answer);

    if (error != 0) {
        return secret_suggest_after(error, broker, name);
    }
    discarded = json_object_get(answer.document, "discarded");
    if (discarded == NULL || invocation->json) {
        return command_print_version(invocation, &answer);
    }
    output_shown("%s %lld", name, (long long)json_integer_value(discarded));
    return GK_EXIT_DONE;
}

int stage_change_run(const struct invocation *invocation, const char *route) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    json_int_t version = 0;
    int error = stage_change_begin(invocation, &broker, &version);

    return error != 0 ? error : stage_change_ask(invocation, broker, route, version);
}
