#include "api/aws/filter.h"
#include "api/aws/place.h"
#include "common/aws_key.h"
#include "support/test.h"

#define HOME SPAN_LITERAL("us-east-1")
#define ABROAD SPAN_LITERAL("eu-west-1")

static void assert_kept_as(struct span region, const char *path, const char *wanted) {
    struct problem problem = PROBLEM_NULL;
    char place[GK_NAME_MAX_BYTES];
    char back_place[GK_NAME_MAX_BYTES];
    struct span name;
    struct span back;

    assert_int_equal(name_of_path(region, HOME, span_of(path), place, &name, &problem), 0);
    assert_int_equal(name.len, strlen(wanted));
    assert_memory_equal(name.data, wanted, name.len);
    assert_true(path_of_secret(region, HOME, name, back_place, &back));
    assert_int_equal(back.len, strlen(path));
    assert_memory_equal(back.data, path, back.len);
    assert_false(path_of_secret(
            span_equals(region, HOME) ? ABROAD : HOME, HOME, name, back_place, &back));
}

static void each_region_has_its_names(void **state) {
    assert_kept_as(HOME, "prod/db", "prod/db");
    assert_kept_as(HOME, "/prod/db", "%2Fprod/db");
    assert_kept_as(ABROAD, "prod/db", "aws.eu-west-1/prod/db");
    assert_kept_as(ABROAD, "/prod//db", "aws.eu-west-1/%2Fprod%2F%2Fdb");
    assert_kept_as(HOME, "aws.prod/db", "aws.prod/db");
}

static void a_name_of_another_region_is_refused(void **state) {
    struct problem problem = PROBLEM_NULL;
    char place[GK_NAME_MAX_BYTES];
    struct span name;

    assert_int_not_equal(
            name_of_path(HOME, HOME, span_of("aws.eu-west-1/a"), place, &name, &problem), 0);
    assert_int_not_equal(name_of_path(HOME, HOME, span_of("a b"), place, &name, &problem), 0);
    assert_int_not_equal(name_of_path(HOME, HOME, SPAN_NULL, place, &name, &problem), 0);
}

static void regions_are_known_by_their_spelling(void **state) {
    static const char *const regions[] = {"us-east-1", "us-gov-west-1", "ap-southeast-10"};
    static const char *const others[] = {"", "us-east", "1", "us-1-east", "US-east-1", "us--1",
            "-1", "us-east-1-", "us-east-1/x", "local"};

    for (size_t at = 0; at < sizeof(regions) / sizeof(regions[0]); at++) {
        assert_true(is_region(span_of(regions[at])));
    }
    for (size_t at = 0; at < sizeof(others) / sizeof(others[0]); at++) {
        assert_false(is_region(span_of(others[at])));
    }
}

static void the_credential_says_key_and_region(void **state) {
    struct span header = SPAN_LITERAL("AWS4-HMAC-SHA256 Credential=AB/CD+=/20260101/eu-west-1/"
                                      "secretsmanager/aws4_request, SignedHeaders=a;b, "
                                      "Signature=0");

    assert_true(span_is(key_of_credential(header), "AB/CD+="));
    assert_true(span_is(region_of_credential(header), "eu-west-1"));
    assert_null(key_of_credential(SPAN_LITERAL("Bearer x")).data);
    assert_null(region_of_credential(SPAN_LITERAL("AWS4-HMAC-SHA256 Credential=a/b")).data);
    assert_null(key_of_credential(SPAN_NULL).data);
}

static void secret_ids_are_names_or_arns(void **state) {
    struct secret_id id;

    assert_true(secret_id_parse(span_of("a-abcdef"), &id));
    assert_true(span_is(id.path, "a-abcdef") && id.region.data == NULL && id.arn_id.data == NULL);
    assert_true(secret_id_parse(
            span_of("arn:aws:secretsmanager:eu-west-1:123456789012:secret:a/b-Ab12Cd"), &id));
    assert_true(span_is(id.path, "a/b") && span_is(id.region, "eu-west-1"));
    assert_true(span_is(id.arn_id, "Ab12Cd"));
    assert_true(secret_id_parse(
            span_of("arn:aws:secretsmanager:eu-west-1:123456789012:secret:a/b"), &id));
    assert_true(span_is(id.path, "a/b") && id.arn_id.data == NULL);
    assert_false(secret_id_parse(span_of("arn:aws:secretsmanager:x:999999999999:secret:a"), &id));
    assert_false(secret_id_parse(span_of("arn:aws:s3:::bucket"), &id));
    assert_false(secret_id_parse(span_of("arn:"), &id));
}

/* HMAC-SHA256 with the key `token` of `ghostkey aws key`, by another program. */
static void the_key_is_made_from_the_token(void **state) {
    char key[AWS_KEY_CHARS];

    aws_key_of_token(span_of("token"), key);
    assert_memory_equal(key, "HHODUDJCCRGLDM337SECSXIIRZMI5NS2", AWS_KEY_CHARS);
}

static void assert_match(const char *pattern, const char *text, bool wanted) {
    assert_int_equal(words_match(span_of(pattern), span_of(text)), wanted);
}

/* Seen on AWS by the authors of moto. */
static void words_are_divided_as_aws_does(void **state) {
    assert_match("AppBeta", "prod/AppBeta/x", true);
    assert_match("Beta", "prod+AppBeta+x", true);
    assert_match("beta", "prod-AppBeta/x", false);
    assert_match("prod-AppBeta/x", "prod-AppBeta/x", true);
    assert_match("+", "a+b", false);
    assert_match("company", "uat/COMPANY/x", true);
    assert_match("things", "uat/COMPANYthings/x", false);
    assert_match("Ythings", "uat/COMPANYthings/x", true);
    assert_match("N", "uat/COMPANY/x", false);
    assert_match("o t", "one and two", true);
    assert_match("t", "one and two", true);
    assert_match("o t", "one", false);
    assert_match("sec", "SecretOne", true);
    assert_match("ret", "SecretOne", false);
    assert_match("", "a", false);
    assert_match("a", "", false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_region_has_its_names),
            cmocka_unit_test(a_name_of_another_region_is_refused),
            cmocka_unit_test(regions_are_known_by_their_spelling),
            cmocka_unit_test(the_credential_says_key_and_region),
            cmocka_unit_test(secret_ids_are_names_or_arns),
            cmocka_unit_test(the_key_is_made_from_the_token),
            cmocka_unit_test(words_are_divided_as_aws_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
