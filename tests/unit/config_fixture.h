/* The table and the loader that the tests of config share. Include it after cmocka.h. */
#ifndef WM_TEST_CONFIG_FIXTURE_H
#define WM_TEST_CONFIG_FIXTURE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config.h"

static const wm_config_option_t k_rows[] = {
    {.key = "kafka.bootstrap.servers",
     .group = "Kafka",
     .type = WM_CONFIG_STRING,
     .min = 1,
     .max = 200,
     .def = "localhost:9092",
     .placeholder = "HOST:PORT,...",
     .help = "brokers to begin with"},
    {.key = "topic.in",
     .group = "Topics",
     .type = WM_CONFIG_STRING,
     .def = "articles.raw",
     .placeholder = "TOPIC",
     .help = "topic that articles are read from"},
    {.key = "topic.out",
     .group = "Topics",
     .type = WM_CONFIG_STRING,
     .placeholder = "TOPIC",
     .help = "topic to write to"},
    {.key = "workers", .group = "Workers", .type = WM_CONFIG_INT, .min = 1, .max = 64, .def = "1", .help = "threads"},
    {.key = "offset", .group = "Workers", .type = WM_CONFIG_INT, .min = -10, .max = 10, .help = "a signed number"},
    {.key = "commit.ms",
     .group = "Workers",
     .type = WM_CONFIG_MS,
     .min = 1,
     .max = 60000,
     .def = "100ms",
     .help = "commit after so long"},
    {.key = "article.bytes",
     .group = "Workers",
     .type = WM_CONFIG_BYTES,
     .min = 1024,
     .max = 64 << 20,
     .def = "8MiB",
     .help = "largest article"},
    {.key = "keep.html", .group = "Workers", .type = WM_CONFIG_BOOL, .def = "no", .help = "keep the HTML"},
    {.key = "log.level",
     .group = "Log",
     .type = WM_CONFIG_CHOICE,
     .choices = "debug|info|warn",
     .def = "info",
     .help = "lowest level that is written"},
    {.key = "http.listen", .group = "HTTP", .type = WM_CONFIG_LISTEN, .def = "127.0.0.1:9101", .help = "address"},
    {.key = "model", .group = "Model", .type = WM_CONFIG_PATH, .placeholder = "FILE", .help = "model file"},
    {.key = "api.key", .group = "HTTP", .type = WM_CONFIG_STRING, .flags = WM_CONFIG_SECRET, .help = "key of the API"},
};
#define N_ROWS (sizeof k_rows / sizeof k_rows[0])

static const wm_config_program_t k_program = {.program = "wiremill-test",
                                              .version = "1.2.3",
                                              .summary = "Tests the configuration.",
                                              .usage = "wiremill-test [OPTION...]",
                                              .epilog = "Example:\n  wiremill-test --workers 2",
                                              .takes_kafka = true};
static const wm_config_program_t k_plain = {.program = "wiremill-plain",
                                            .version = "1.2.3",
                                            .summary = "Takes operands and no Kafka.",
                                            .usage = "wiremill-plain [OPTION...] [FILE...]",
                                            .takes_operands = true};

#define ARGS_MAX 16
static wm_error_t g_err;

/* Loads with arguments and variables, each a list that ends with NULL, NULL: none. */
static inline wm_config_t *load_program(const wm_config_program_t *program, const char *const *args,
                                        const char *const *env, wm_err_t expected) {
  char *argv[ARGS_MAX + 1] = {(char[]){"program"}};
  int argc = 1;
  for (; args && args[argc - 1]; argc++) argv[argc] = (char *)(uintptr_t)args[argc - 1];
  wm_error_clear(&g_err);
  wm_config_t *c = wm_config_new(program);
  assert_non_null(c);
  assert_int_equal(wm_config_add(c, k_rows, N_ROWS, &g_err), WM_OK);
  wm_err_t rc = wm_config_load(c, argc, argv, (char *const *)(uintptr_t)env, &g_err);
  if (rc != expected) print_error("expected %s, got %s: %s\n", wm_err_word(expected), wm_err_word(rc), g_err.text);
  assert_int_equal(rc, expected);
  assert_int_equal(g_err.code, expected);
  return c;
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define LOAD(args_, env_) load_program(&k_program, args_, env_, WM_OK)

static inline void write_file(const char *path, const void *bytes, size_t len) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, bytes, len), (ssize_t)len);
  close(fd);
}

#endif
