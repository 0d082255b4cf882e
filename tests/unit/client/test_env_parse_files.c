/* Files as they come: line ends, encodings, and each format that ghostctl export writes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env/env_parse.h"
#include "env_made.h"
#include "support/test.h"

#define AMBIGUOUS "a carriage return stands inside its quotes"
#define MARK(format) \
    "# GhostKey env file, format " format ": written by ghostctl export, do not edit"
#define VALUES 3000
#define VALUE_MAX_PIECES 8

/* What the entries of a text are, as NAME=value| each, and its first fault behind them. */
static const char *read_as(const char *path, const char *text, size_t len) {
    static char said[4096];
    ENV_PARSED_AUTO struct env_parsed parsed = {0};
    size_t at = 0;

    env_parse(path, text, len, &parsed);
    said[0] = '\0';
    for (size_t i = 0; i < parsed.entry_count; i++) {
        at += (size_t)snprintf(said + at, sizeof(said) - at, "%s=%s|", parsed.entries[i].name,
                buffer_string(&parsed.entries[i].value));
    }
    if (parsed.fault_count > 0) {
        (void)snprintf(said + at, sizeof(said) - at, "%zu:%s", parsed.faults[0].line,
                parsed.faults[0].text);
    }
    return said;
}

static void assert_reads(const char *text, const char *wanted) {
    assert_string_equal(read_as(NULL, text, strlen(text)), wanted);
}

/* `wanted`, in short: the name and the value of each entry. */
static void assert_refused(const char *text, const char *wanted) {
    assert_memory_equal(read_as(NULL, text, strlen(text)), wanted, strlen(wanted));
}

static void each_line_end_ends_a_line(void **state) {
    assert_reads("A=1\nB=2\n", "A=1|B=2|");
    assert_reads("A=1\r\nB=2\r\n", "A=1|B=2|");
    assert_reads("A=1\rB=2\r", "A=1|B=2|");
    assert_reads("A=1\rB=2", "A=1|B=2|");
    assert_reads("# c\rA=1 # c\r\n\r\nB='2' # c\rexport C=3\nD=4\r\r\nE=5", "A=1|B=2|C=3|D=4|E=5|");
    assert_reads("A=x\x85y\n",
            "1:A: it is not UTF-8; if the file is Windows-1252 or Latin-1, convert "
            "it first: iconv -f WINDOWS-1252 -t UTF-8");
    /* NEL, LS, PS, VT and FF end no line. */
    assert_reads("A=1\xc2\x85 2\xe2\x80\xa8 3\xe2\x80\xa9 4\v5\f6\n",
            "A=1\xc2\x85 2\xe2\x80\xa8 3\xe2\x80\xa9 4\v5\f6|");
}

static void lines_are_counted_by_every_line_end(void **state) {
    assert_refused("A=1\r\r\n\nbad\r\n", "A=1|4:it is no NAME=value");
    assert_refused("A='1\r2'\rbad\r", "A=1\n2|3:it is no NAME=value");
    assert_refused("A='1\r\n2'\r\nbad\r\n", "A=1\n2|3:it is no NAME=value");
}

static void a_line_inside_quotes_that_are_refused_counts(void **state) {
    static const char text[] = "A='1\r2'\r\nbad\n";
    ENV_PARSED_AUTO struct env_parsed parsed = {0};

    env_parse(NULL, text, strlen(text), &parsed);
    assert_int_equal(parsed.fault_count, 2);
    assert_int_equal(parsed.faults[1].line, 3);
}

static void inside_quotes_only_uniform_line_ends_are_read(void **state) {
    assert_reads("A='x\r\ny'\r\nB=\"x\r\ny\"\r\n", "A=x\ny|B=x\ny|");
    assert_reads("A='x\ry'\rB=\"x\ry\"\r", "A=x\ny|B=x\ny|");
    assert_reads("A='x\ny'\nB=\"x\ny\"", "A=x\ny|B=x\ny|");
    assert_reads("A='x\ny'\r\nB=\"x\ny\"\r", "A=x\ny|B=x\ny|");
    assert_refused("A='x\r\ny'\n", "1:A: " AMBIGUOUS);
    assert_refused("C=1\nA='x\r\ny'\r\n", "C=1|2:A: " AMBIGUOUS);
    assert_refused("A=\"x\ry\"\r\n", "1:A: " AMBIGUOUS);
    assert_refused("A=`x\ry`\nB=2\n", "B=2|1:A: " AMBIGUOUS);
    assert_refused("A='x\r\nB=2'\nC=3\n", "C=3|1:A: " AMBIGUOUS); /* B is no variable */
    assert_refused("A='\xff\nB=2'\nC=3\n", "C=3|1:A: it is not UTF-8");
    assert_reads("A=\"x\\ry\"\nB=2\r\n", "A=x\ry|B=2|"); /* an escape is no line end */
}

static void other_encodings_are_named(void **state) {
    static const struct {
        const char *text;
        size_t len;
        const char *name;
    } rows[] = {
            {"\xff\xfe"
             "A\0=\0",
                    6, "UTF-16LE"},
            {"\xfe\xff\0A\0=", 6, "UTF-16BE"},
            {"A\0=\0"
             "1\0",
                    6, "UTF-16LE"},
            {"\0A\0=\0"
             "1",
                    6, "UTF-16BE"},
            {"\xff\xfe\0\0A\0\0\0", 8, "UTF-32LE"},
            {"\0\0\xfe\xff\0\0\0A", 8, "UTF-32BE"},
            {"{\0\0\0}\0\0\0", 8, "UTF-32LE"},
            {"\0\0\0{\0\0\0}", 8, "UTF-32BE"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ENV_PARSED_AUTO struct env_parsed parsed = {0};

        env_parse("x.env", rows[i].text, rows[i].len, &parsed);
        assert_int_equal(parsed.entry_count, 0);
        assert_int_equal(parsed.fault_count, 1);
        assert_non_null(strstr(parsed.faults[0].text, rows[i].name));
        assert_non_null(strstr(parsed.faults[0].text, "iconv -f UTF-"));
    }
}

static void the_mark_says_how_to_read(void **state) {
    assert_reads(MARK("docker") "\nA=\"x\" #y \nB='\n#C=1\n\nD=a\rb\n", "A=\"x\" #y |B='|D=a\rb|");
    assert_reads(MARK("js") "\nA=\"'`\\t\\$\"\n", "A='`\\t\\$|");
    assert_reads(MARK("js-expand") "\nA='\\$x'\nB=\\$\\\n", "A=$x|B=$\\|");
    assert_reads(MARK("shell") "\nA='x\r\ny'\nB=1\n", "A=x\r\ny|B=1|");
    assert_reads("\xef\xbb\xbf" MARK("docker") "\nA='\n", "A='|");
    assert_refused(MARK("toml") "\nA=1\n", "1:'toml' is no format that has this first line");
    assert_refused(MARK("json") "\nA=1\n", "1:'json' is no format that has this first line");
    assert_refused(MARK("docker") "\nA\n", "2:it is no NAME=value");
}

/* What other programs do to the line ends of a file that GhostKey wrote. */
static void changed_line_ends_of_an_own_file_are_seen(void **state) {
    assert_reads(MARK("portable") "\r\nA=\"x\r\ny\"\r\nB=1\r\n", "A=x\ny|B=1|");
    assert_reads(MARK("docker") "\r\nA= x \r\nB=a\rb\r\n", "A= x |B=a\rb|");
    assert_reads(MARK("docker") "\rA= x \rB=1\r", "A= x |B=1|");
    assert_refused(MARK("shell") "\r\nB=1\r\nA='x\r\ny'\r\n", "B=1|3:A: " AMBIGUOUS);
}

static void nul_is_known_by_its_name_or_if_nothing_else_fits(void **state) {
    static const char two[] = "A=x\ny=1\n\0B=\0";
    assert_string_equal(read_as("a/b.ghost.nul", two, 12), "A=x\ny=1\n|B=|");
    assert_string_equal(read_as(NULL, "A=1\0B='2\0", 9), "A=1|B='2|");
    /* A line of dotenv that ends with a NUL reads the same. */
    assert_string_equal(read_as(NULL, "A=1\0", 4), "A=1|");
    assert_string_equal(read_as("x.env", two, 12),
            "A=x|y=1|3:it holds a NUL byte; the format nul is read from a file whose name ends in "
            ".nul");
    assert_string_equal(read_as("x.nul", "A=1\0B=2", 7),
            "A=1|1:no NUL byte ends the last entry: the file may be cut short");
    assert_string_equal(read_as("x.nul", "A=1\n\0B\0", 7), "A=1\n|2:" ENV_PARSED_NOT_AN_ENTRY);
    assert_string_equal(read_as("x.nul", "", 0), "");
}

/* Any text of up to VALUE_MAX_PIECES pieces that some reader misreads. */
static void make_value(struct buffer *value, unsigned *seed) {
    static const char *const pieces[] = {"'", "\"", "`", "\\", "$", "$(", "${", "\n", "\r", "\r\n",
            " ", "=", "#", " #", "\t", "a", "n", "r", "t", "A=", "export ", ":=", "\xc3\xa4",
            "\x01", "\xe2\x80\xa8", "{", "\\$", "\\n", "\xef\xbb\xbf"};
    int count = rand_r(seed) % (VALUE_MAX_PIECES + 1);

    buffer_clear(value);
    buffer_append_text(value, "");
    for (int i = 0; i < count; i++) {
        buffer_append_text(
                value, pieces[(size_t)rand_r(seed) % (sizeof(pieces) / sizeof(pieces[0]))]);
    }
}

/* Writes all values in the format and reads them; how many the format carries. */
static size_t write_and_read(const struct env_format *format, struct env_entry *entries) {
    ENV_SET_AUTO struct env_set set = set_of(entries, VALUES);
    const struct env_format_choice choice = {.format = format, .skip_refused = true, .quiet = true};
    BUFFER_AUTO struct buffer path = BUFFER_NULL;
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    ENV_PARSED_AUTO struct env_parsed parsed = {0};
    ENV_WRITING_AUTO struct env_writing writing = {0};
    size_t count = 0;

    assert_int_equal(env_format_judge(&choice, &set, &writing), 0);
    assert_int_equal(env_format_write(&writing, take_into_buffer, &text), 0);
    buffer_printf(&path, ".env%s", format->is_marked ? ".ghost" : format->suffix);
    env_parse(buffer_string(&path), buffer_string(&text), text.len, &parsed);
    assert_int_equal(parsed.fault_count, 0);
    for (size_t i = 0; i < VALUES; i++) {
        if (writing.good[i]) {
            assert_true(count < parsed.entry_count);
            assert_string_equal(parsed.entries[count].name, entries[i].env);
            assert_int_equal(parsed.entries[count].value.len, entries[i].value_len);
            assert_string_equal(buffer_string(&parsed.entries[count].value), entries[i].value);
            count++;
        }
    }
    assert_int_equal(parsed.entry_count, count);
    return count;
}

static void each_format_comes_back(void **state) {
    struct buffer *values = calloc(VALUES, sizeof(*values));
    struct env_entry *entries = calloc(VALUES, sizeof(*entries));
    char(*names)[2][16] = calloc(VALUES, sizeof(*names));
    unsigned seed = 3;

    for (int i = 0; i < VALUES; i++) {
        make_value(&values[i], &seed);
        (void)snprintf(names[i][0], sizeof(names[i][0]), "V%05d", i);
        (void)snprintf(names[i][1], sizeof(names[i][1]), "v%05d", i);
        entries[i] = (struct env_entry){.env = names[i][0],
                .name = names[i][1],
                .value = buffer_string(&values[i]),
                .value_len = values[i].len};
    }
    /* Refused values are reported, which this test does not look at. */
    assert_non_null(freopen("/dev/null", "w", stderr));
    for (size_t i = 0; env_format_at(i) != NULL; i++) {
        assert_true(write_and_read(env_format_at(i), entries) > VALUES / 4);
    }
    for (int i = 0; i < VALUES; i++) {
        buffer_deinit(&values[i]);
    }
    free(values);
    free(entries);
    free(names);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_line_end_ends_a_line),
            cmocka_unit_test(lines_are_counted_by_every_line_end),
            cmocka_unit_test(a_line_inside_quotes_that_are_refused_counts),
            cmocka_unit_test(inside_quotes_only_uniform_line_ends_are_read),
            cmocka_unit_test(other_encodings_are_named),
            cmocka_unit_test(the_mark_says_how_to_read),
            cmocka_unit_test(changed_line_ends_of_an_own_file_are_seen),
            cmocka_unit_test(nul_is_known_by_its_name_or_if_nothing_else_fits),
            cmocka_unit_test(each_format_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
