#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "commands/value_source.h"
#include "support/test.h"

/* What `put` makes of these bytes on standard input. */
static void read_standard_input(const char *bytes, size_t len, bool raw, struct buffer *ret_value) {
    int pipe_fds[2];
    int saved = dup(STDIN_FILENO);

    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    assert_int_equal(write(pipe_fds[1], bytes, len), len);
    assert_int_equal(close(pipe_fds[1]), 0);
    assert_true(dup2(pipe_fds[0], STDIN_FILENO) == STDIN_FILENO);
    assert_int_equal(close(pipe_fds[0]), 0);
    assert_int_equal(value_source_read(NULL, "x", raw, ret_value), GK_EXIT_DONE);
    assert_true(dup2(saved, STDIN_FILENO) == STDIN_FILENO);
    assert_int_equal(close(saved), 0);
}

static void text_and_binary_are_distinguished(void **state) {
    static const struct {
        const char *bytes;
        size_t len;
        bool text;
    } rows[] = {{"", 0, true}, {"abc", 3, true}, {"\xc3\xa4", 2, true}, {"a\0b", 3, false},
            {"\xff", 1, false}, {"\xc3", 1, false}, {"\xed\xa0\x80", 3, false},
            {"\xc0\x80", 2, false}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUFFER_AUTO struct buffer value = BUFFER_NULL;

        buffer_append(&value, rows[i].bytes, rows[i].len);
        assert_int_equal(value_is_text(&value), rows[i].text);
    }
}

static void one_newline_at_the_end_of_text_is_dropped(void **state) {
    BUFFER_AUTO struct buffer one = BUFFER_NULL;
    BUFFER_AUTO struct buffer two = BUFFER_NULL;
    BUFFER_AUTO struct buffer raw = BUFFER_NULL;

    read_standard_input("x\n", 2, false, &one);
    assert_string_equal(buffer_string(&one), "x");
    read_standard_input("x\n\n", 3, false, &two);
    assert_string_equal(buffer_string(&two), "x\n");
    read_standard_input("x\n", 2, true, &raw);
    assert_string_equal(buffer_string(&raw), "x\n");
}

static void binary_input_keeps_its_newline(void **state) {
    BUFFER_AUTO struct buffer value = BUFFER_NULL;

    read_standard_input("\xff\n", 2, false, &value);
    assert_int_equal(value.len, 2);
}

static void empty_input_is_an_empty_value(void **state) {
    BUFFER_AUTO struct buffer value = BUFFER_NULL;

    read_standard_input("", 0, false, &value);
    assert_int_equal(value.len, 0);
}

static void a_file_is_taken_byte_for_byte(void **state) {
    char argument[] = "@/tmp/ghostctl-value-XXXXXX";
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    GK_AUTO_CLOSE int fd = mkstemp(argument + 1);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a\0b\n", 4), 4);
    assert_int_equal(value_source_read(argument, "x", false, &value), GK_EXIT_DONE);
    assert_int_equal(value.len, 4);
    assert_memory_equal(buffer_string(&value), "a\0b\n", 4);
    assert_int_equal(unlink(argument + 1), 0);
    assert_int_equal(value_source_read(argument, "x", false, &value), GK_EXIT_FAILED);
}

static void an_argument_is_the_value_and_is_wiped(void **state) {
    static const char zeros[6];
    char argument[] = "s3cr3t";
    BUFFER_AUTO struct buffer value = BUFFER_NULL;

    assert_int_equal(value_source_read(argument, "x", false, &value), GK_EXIT_DONE);
    assert_string_equal(buffer_string(&value), "s3cr3t");
    assert_memory_equal(argument, zeros, sizeof(zeros));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(text_and_binary_are_distinguished),
            cmocka_unit_test(one_newline_at_the_end_of_text_is_dropped),
            cmocka_unit_test(binary_input_keeps_its_newline),
            cmocka_unit_test(empty_input_is_an_empty_value),
            cmocka_unit_test(a_file_is_taken_byte_for_byte),
            cmocka_unit_test(an_argument_is_the_value_and_is_wiped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
