#include "commands/sandbox_options.h"

#include <ghostkey/error.h>

int sandbox_options_read_apis(const struct invocation *invocation, unsigned *ret_apis) {
    const char *text = option_value(invocation->options, "api");

    if (text == NULL) {
        *ret_apis = ACCESS_ALL;
    } else if (!access_apis_read(text, ret_apis)) {
        return command_usage(invocation->command,
                "'--api %s' names an API that is not known; it takes 'ghostkey', 'vault', 'aws' "
                "or 'vault,aws'",
                text);
    }
    return GK_EXIT_DONE;
}

int sandbox_options_read(const struct invocation *invocation, struct sandbox_plan *ret_plan) {
    static const char *const elsewhere[] = {"socket", "url", "token-file"};
    const struct option_list *options = invocation->options;
    int error;

    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        if (option_is_given(options, elsewhere[i])) {
            return command_usage(invocation->command,
                    "--%s names a daemon, and '%s' starts one of its own", elsewhere[i],
                    invocation->command->name);
        }
    }
    *ret_plan = (struct sandbox_plan){
            .seed = option_value(options, "seed"),
            .clock = option_value(options, "clock"),
            .apply = option_value(options, "apply"),
            .import = option_value(options, "import"),
            .store = option_value(options, "store"),
            .has_tcp = !option_is_given(options, "no-tcp"),
    };
    error = sandbox_options_read_apis(invocation, &ret_plan->apis);
    if (error != 0) {
        return error;
    }
    if (!ret_plan->has_tcp && option_is_given(options, "api") && ret_plan->apis != 0) {
        return command_usage(invocation->command,
                "'--api %s' needs TCP, so it does not go with --no-tcp",
                option_value(options, "api"));
    }
    return GK_EXIT_DONE;
}
