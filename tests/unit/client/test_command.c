#include <string.h>

#include "program.h"
#include "support/test.h"

static const struct option_spec none[] = {{NULL}};

static const struct option_spec *options_of(const struct command *command) {
    return command->options != NULL ? command->options : none;
}

static void every_command_is_whole(void **state) {
    for (size_t i = 0; program_commands[i] != NULL; i++) {
        const struct command *command = program_commands[i];

        assert_non_null(command->name);
        assert_non_null(command->args);
        assert_non_null(command->run);
        assert_int_equal(command->summary[strlen(command->summary) - 1], '.');
        assert_true(strncmp(command->example, "", 1) != 0);
        assert_non_null(strstr(command->example, command->name));
        assert_true(command->arguments_max == COMMAND_ARGUMENTS_ANY ||
                    command->arguments_min <= command->arguments_max);
    }
}

static void every_option_is_whole(void **state) {
    for (size_t i = 0; program_commands[i] != NULL; i++) {
        for (const struct option_spec *option = options_of(program_commands[i]);
                option->name != NULL; option++) {
            assert_true(strlen(option->help) > 0);
            assert_int_equal(option->value != NULL, option->takes != OPTION_TAKES_NOTHING);
        }
    }
}

/* An own option may have the name of a global one only where that one has no meaning. */
static void no_option_hides_a_global_one(void **state) {
    for (size_t i = 0; program_commands[i] != NULL; i++) {
        for (const struct option_spec *own = options_of(program_commands[i]); own->name != NULL;
                own++) {
            for (const struct option_spec *global = command_global_options + 1;
                    global->name != NULL; global++) {
                assert_string_not_equal(own->name, global->name);
                assert_true(own->letter == '\0' || own->letter != global->letter);
            }
        }
    }
}

static void a_command_is_found_by_its_whole_name(void **state) {
    assert_ptr_equal(command_find(program_commands, "put"), &cmd_put);
    assert_ptr_equal(command_find(program_commands, "status"), &cmd_status);
    assert_null(command_find(program_commands, "pu"));
    assert_null(command_find(program_commands, ""));
}

static void the_first_global_option_is_the_version(void **state) {
    assert_string_equal(command_global_options[0].name, "version");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_command_is_whole),
            cmocka_unit_test(every_option_is_whole),
            cmocka_unit_test(no_option_hides_a_global_one),
            cmocka_unit_test(a_command_is_found_by_its_whole_name),
            cmocka_unit_test(the_first_global_option_is_the_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
