/* The files of fixtures/env, named by $FIXTURES: y_ is read without a fault, n_ has one. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ghostkey/error.h>

#include "common/cleanup.h"
#include "env/env_parse.h"
#include "support/test.h"
#include "terminal/input.h"

static void parse_file(const char *path, struct env_parsed *ret_parsed) {
    BUFFER_AUTO struct buffer content = BUFFER_NULL;

    assert_int_equal(input_read_file(path, path, &content), GK_EXIT_DONE);
    env_parse(path, buffer_string(&content), content.len, ret_parsed);
}

static void each_file_is_what_its_name_says(void **state) {
    const char *folder = getenv("FIXTURES");
    GK_AUTO_CLOSEDIR DIR *dir = folder != NULL ? opendir(folder) : NULL;
    const struct dirent *file;
    size_t count = 0;

    if (dir == NULL) {
        fail_msg("$FIXTURES names no folder");
        return;
    }
    while ((file = readdir(dir)) != NULL) {
        BUFFER_AUTO struct buffer path = BUFFER_NULL;
        ENV_PARSED_AUTO struct env_parsed parsed = {0};

        if (file->d_name[0] == '.') {
            continue;
        }
        buffer_printf(&path, "%s/%s", folder, file->d_name);
        parse_file(buffer_string(&path), &parsed);
        if ((parsed.fault_count == 0) != (file->d_name[0] == 'y')) {
            fail_msg("%s has %zu faults", file->d_name, parsed.fault_count);
        }
        count++;
    }
    assert_true(count > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_file_is_what_its_name_says)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
