#include <string.h>

#include <ghostkey/error.h>

#include "env/env_format.h"
#include "env_made.h"
#include "support/test.h"

#define BIT(warning) (UINT32_C(1) << ENV_WARNING_##warning)

/* What the default format makes of a value; a refused one has no text. */
static const struct row {
    const char *value;
    const char *text;
    uint32_t warnings;
    enum env_refusal refusal;
} rows[] = {
        {"", "", 0, 0},
        {"plain", "plain", 0, 0},
        {"Az09_./:@%+,=-", "Az09_./:@%+,=-", 0, 0},
        {"a=", "a=", 0, 0},
        {"=a", "'=a'", 0, 0},
        {"a:=b", "'a:=b'", 0, 0},
        {"two words", "'two words'", 0, 0},
        {" edge ", "' edge '", 0, 0},
        {"\t", "'\t'", 0, 0},
        {"#x", "'#x'", 0, 0},
        {"~/x", "'~/x'", 0, 0},
        {"a;b|c&d", "'a;b|c&d'", 0, 0},
        {"{\"a\":1}", "'{\"a\":1}'", 0, 0},
        {"\xc3\xa4", "'\xc3\xa4'", 0, 0},
        {"`id`", "'`id`'", 0, 0},
        {"!x", "'!x'", 0, 0},
        /* $ */
        {"$", "'$'", 0, 0},
        {"a$ b", "'a$ b'", 0, 0},
        {"$HOME", "'$HOME'", BIT(EXPANDS), 0},
        {"$$x", "'$$x'", BIT(EXPANDS), 0},
        {"${A}", "'${A}'", BIT(EXPANDS), 0},
        {"$1", "'$1'", BIT(EXPANDS), 0},
        {"$(id)", "'$(id)'", BIT(COMMAND), 0},
        {"it's $HOME", "\"it's \\$HOME\"", BIT(EXPANDS) | BIT(SQUOTE_DOLLAR), 0},
        {"it's $(id)", NULL, 0, ENV_REFUSAL_COMMAND},
        /* quotes */
        {"it's", "\"it's\"", 0, 0},
        {"'\"", "\"'\\\"\"", BIT(QUOTES_BOTH), 0},
        {"'`", "\"'\\`\"", BIT(SQUOTE_DOLLAR), 0},
        {"'\\", "\"'\\\\\"", BIT(SQUOTE_ESCAPE) | BIT(BACKSLASH_END), 0},
        {"\"", "'\"'", 0, 0},
        /* backslashes */
        {"a\\b", "'a\\b'", 0, 0},
        {"a\\", "'a\\'", BIT(BACKSLASH_END), 0},
        {"a\\\\b", "'a\\\\b'", BIT(BACKSLASH_PAIR), 0},
        {"\\\\", "'\\\\'", BIT(BACKSLASH_END) | BIT(BACKSLASH_PAIR), 0},
        /* newlines */
        {"a\nb", "\"a\nb\"", BIT(NEWLINE), 0},
        {"\n", "\"\n\"", BIT(NEWLINE), 0},
        {"a\n\"b\"", "'a\n\"b\"'", BIT(NEWLINE), 0},
        {"a\n$b", "'a\n$b'", BIT(NEWLINE) | BIT(EXPANDS), 0},
        {"a\nit's", "\"a\nit's\"", BIT(NEWLINE), 0},
        {"a\nB=c", "\"a\nB=c\"", BIT(NEWLINE) | BIT(NEWLINE_NAME), 0},
        {"a\n export  B = c", "\"a\n export  B = c\"", BIT(NEWLINE) | BIT(NEWLINE_NAME), 0},
        {"A=b\nc", "\"A=b\nc\"", BIT(NEWLINE), 0},
        {"a\n=b", "\"a\n=b\"", BIT(NEWLINE), 0},
        {"a\n\nB=", "\"a\n\nB=\"", BIT(NEWLINE) | BIT(NEWLINE_NAME), 0},
        {"a\rb", NULL, 0, ENV_REFUSAL_CARRIAGE_RETURN},
        {"\r\n", NULL, 0, ENV_REFUSAL_CARRIAGE_RETURN},
        {"\xff", NULL, 0, ENV_REFUSAL_NOT_UTF8},
        {"\xef\xbf\xbe", NULL, 0, ENV_REFUSAL_NONCHARACTER},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void each_value_has_the_style_of_its_kind(void **state) {
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        const struct env_entry entry = {
                .env = "X", .name = "x", .value = row->value, .value_len = strlen(row->value)};
        BUFFER_AUTO struct buffer text = BUFFER_NULL;
        char open = '\0';

        assert_int_equal(env_format_portable.refusal(&entry), row->refusal);
        if (row->text == NULL) {
            continue;
        }
        buffer_append_text(&text, "");
        env_format_portable.append_value(&text, entry.value, entry.value_len);
        assert_string_equal(buffer_string(&text), row->text);
        assert_int_equal(
                env_format_portable.warnings(entry.value, entry.value_len, &open), row->warnings);
    }
}

static void a_nul_is_refused_before_all_else(void **state) {
    const struct env_entry entry = {.env = "X", .name = "x", .value = "\xff\0\r", .value_len = 3};

    assert_int_equal(env_format_portable.refusal(&entry), ENV_REFUSAL_NUL);
}

/* A reader that takes \' for an escape reads on to the next '. */
static void what_an_open_quote_swallows_is_warned_of(void **state) {
    static const struct {
        const char *value;
        uint32_t warnings;
    } lines[] = {
            {"plain", 0},
            {"a\\", BIT(BACKSLASH_END) | BIT(BACKSLASH_PAIR)},
            {"plain", BIT(AFTER_BACKSLASH)},
            {"a\nb", BIT(AFTER_BACKSLASH) | BIT(NEWLINE)},
            {"a b", BIT(AFTER_BACKSLASH)}, /* its opening quote is taken for the end */
            {"a b", 0},
            {"it's\\", BIT(SQUOTE_ESCAPE) | BIT(BACKSLASH_END)},
            {"a b", BIT(AFTER_BACKSLASH)},
            {"\"", BIT(AFTER_BACKSLASH)},
            {"a b", 0},
    };
    char open = '\0';

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const char *value = lines[i].value;

        assert_int_equal(env_format_portable.warnings(value, strlen(value), &open) &
                                 ~(uint32_t)BIT(BACKSLASH_PAIR),
                lines[i].warnings & ~(uint32_t)BIT(BACKSLASH_PAIR));
    }
}

/* The set of rows from `first` on, named x0, x1 … and X0, X1 … */
static struct env_set make_set(struct env_entry *entries, size_t count, const char *const *values) {
    static const char *const names[] = {"x0", "x1", "x2", "x3"};
    static const char *const envs[] = {"X0", "X1", "X2", "X3"};

    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct env_entry){.env = envs[i],
                .name = names[i],
                .value = values[i],
                .value_len = strlen(values[i])};
    }
    return set_of(entries, count);
}

#define FIRST_LINE "# GhostKey env file, format portable: written by ghostctl export, do not edit\n"

static void the_first_line_is_fixed_and_bears_the_mark(void **state) {
    const struct env_format_choice choice = {.format = &env_format_portable};
    const struct env_set set = {0};
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    size_t skipped = 7;

    assert_int_equal(write_set(&choice, &set, &text, &skipped), GK_EXIT_DONE);
    assert_string_equal(buffer_string(&text), FIRST_LINE);
    assert_int_equal(skipped, 0);
    assert_int_equal(strncmp(FIRST_LINE, ENV_FORMAT_MARK, strlen(ENV_FORMAT_MARK)), 0);
    assert_null(strpbrk(FIRST_LINE, "'\"`"));
}

static void one_refusal_stops_all_and_leaves_the_text_alone(void **state) {
    static const char *const values[] = {"good", "a\rb", "it's $(id)"};
    const struct env_format_choice choice = {.format = &env_format_portable};
    struct env_entry entries[3];
    ENV_SET_AUTO struct env_set set = make_set(entries, 3, values);
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    size_t skipped = 7;

    assert_int_equal(write_set(&choice, &set, &text, &skipped), GK_EXIT_FAILED);
    assert_int_equal(text.len, 0);
    assert_int_equal(skipped, 7);
}

static void refused_entries_can_be_left_out(void **state) {
    static const char *const values[] = {"good", "a\rb", "fine too"};
    const struct env_format_choice choice = {.format = &env_format_portable, .skip_refused = true};
    struct env_entry entries[3];
    ENV_SET_AUTO struct env_set set = make_set(entries, 3, values);
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    size_t skipped = 0;

    assert_int_equal(write_set(&choice, &set, &text, &skipped), GK_EXIT_DONE);
    assert_string_equal(buffer_string(&text), FIRST_LINE "X0=good\nX2='fine too'\n");
    assert_int_equal(skipped, 1);
}

static void strict_makes_a_warning_a_refusal(void **state) {
    static const char *const values[] = {"$HOME"};
    struct env_format_choice choice = {.format = &env_format_portable, .quiet = true};
    struct env_entry entries[1];
    ENV_SET_AUTO struct env_set set = make_set(entries, 1, values);
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    size_t skipped = 0;

    assert_int_equal(write_set(&choice, &set, &text, &skipped), GK_EXIT_DONE);
    choice.strict = true;
    assert_int_equal(write_set(&choice, &set, &text, &skipped), GK_EXIT_FAILED);
}

static void an_entry_too_long_for_linux_is_a_warning(void **state) {
    struct env_format_choice choice = {.format = &env_format_portable, .strict = true};
    BUFFER_AUTO struct buffer value = BUFFER_NULL;
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    struct env_entry entry = {.env = "X", .name = "x"};
    ENV_SET_AUTO struct env_set fits = {0};
    ENV_SET_AUTO struct env_set too_long = {0};
    size_t skipped = 0;

    memset(buffer_reserve(&value, ENV_ENTRY_MAX_BYTES), 'a', ENV_ENTRY_MAX_BYTES);
    value.data[ENV_ENTRY_MAX_BYTES] = '\0';
    entry.value = buffer_string(&value) + 2;
    entry.value_len = ENV_ENTRY_MAX_BYTES - 2; /* with its "X=" just short enough */
    env_set_add(&fits, &entry, 1);
    assert_int_equal(write_set(&choice, &fits, &text, &skipped), GK_EXIT_DONE);
    entry.value = buffer_string(&value) + 1;
    entry.value_len++;
    env_set_add(&too_long, &entry, 1);
    assert_int_equal(write_set(&choice, &too_long, &text, &skipped), GK_EXIT_FAILED);
}

static void formats_are_found_by_name(void **state) {
    BUFFER_AUTO struct buffer names = BUFFER_NULL;

    assert_ptr_equal(env_format_find("portable"), &env_format_portable);
    assert_null(env_format_find("nonsense"));
    env_format_append_names(&names, false);
    assert_int_equal(strncmp(buffer_string(&names), "portable", strlen("portable")), 0);
    assert_non_null(strstr(buffer_string(&names), ", json"));
    buffer_clear(&names);
    env_format_append_names(&names, true);
    assert_int_equal(strncmp(buffer_string(&names), "portable, ", strlen("portable, ")), 0);
    assert_null(strstr(buffer_string(&names), "json"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_value_has_the_style_of_its_kind),
            cmocka_unit_test(a_nul_is_refused_before_all_else),
            cmocka_unit_test(what_an_open_quote_swallows_is_warned_of),
            cmocka_unit_test(the_first_line_is_fixed_and_bears_the_mark),
            cmocka_unit_test(one_refusal_stops_all_and_leaves_the_text_alone),
            cmocka_unit_test(refused_entries_can_be_left_out),
            cmocka_unit_test(strict_makes_a_warning_a_refusal),
            cmocka_unit_test(an_entry_too_long_for_linux_is_a_warning),
            cmocka_unit_test(formats_are_found_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
