#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static const wm_config_program_t k_program = {
    .program = "wiremill health",
    .version = WM_VERSION,
    .summary =
        "Asks a service whether it is ready (GET /readyz): exit code 0 if so, else 1 with the reason. For health "
        "checks.",
    .usage = "wiremill health [OPTION...] [URL]",
    .epilog =
        "Without URL the address is that of --http-listen, so that inside a service's container no argument is "
        "needed.\n"
        "\n"
        "Examples:\n"
        "  wiremill health http://127.0.0.1:9101/readyz\n"
        "  WM_HTTP_LISTEN=0.0.0.0:9101 wiremill health",
    .takes_operands = true,
};

static const wm_config_option_t k_rows[] = {
    {"http.listen", "Health", WM_CONFIG_LISTEN, 0, 0, NULL, "127.0.0.1:9101", 0, "HOST:PORT",
     "where the service listens"},
    {"timeout", "Health", WM_CONFIG_MS, 1, 60000, NULL, "3s", 0, "TIME", "how long to wait for the answer"},
};

/* Keeps the first bytes of the answer: the reason why not. */
static size_t keep(char *data, size_t size, size_t n, void *context) {
  wm_buffer_t *b = context;
  size_t room = b->max - b->len;
  wm_buffer_append(b, data, size * n < room ? size * n : room, NULL);
  return size * n;
}

static wm_err_t ask(const char *url, long timeout_ms, wm_error_t *err) {
  wm_buffer_t answer;
  wm_buffer_init(&answer, 256);
  CURL *curl = curl_easy_init();
  if (!curl) return wm_error_set(err, WM_ERR_NOMEM, "libcurl does not start");
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(curl);
  wm_err_t rc = WM_OK;
  if (code != CURLE_OK) rc = wm_error_set(err, WM_ERR_HTTP, "%s: %s", url, curl_easy_strerror(code));
  else if (status != 200)
    rc = wm_error_set(err, WM_ERR_HTTP, "%s: not ready: %s", url, answer.len ? answer.data : "no reason given");
  wm_buffer_clear(&answer);
  return rc;
}

static wm_err_t run(const wm_config_t *config, wm_error_t *err) {
  size_t n;
  char url[512];
  const char *const *operands = wm_config_operands(config, &n);
  const char *listen = wm_config_string(config, "http.listen");
  if (n > 1) return wm_error_set(err, WM_ERR_USAGE, "one URL at a time");
  if (n == 1) snprintf(url, sizeof url, "%s", operands[0]);
  else if (strncmp(listen, "0.0.0.0:", 8) == 0) snprintf(url, sizeof url, "http://127.0.0.1:%s/readyz", listen + 8);
  else if (strncmp(listen, "[::]:", 5) == 0) snprintf(url, sizeof url, "http://[::1]:%s/readyz", listen + 5);
  else snprintf(url, sizeof url, "http://%s/readyz", listen);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  wm_err_t rc = ask(url, (long)wm_config_int(config, "timeout"), err);
  curl_global_cleanup();
  if (rc == WM_OK) printf("ready\n");
  return rc;
}

/* In a container the other WM_ variables are the service's, whichever it is: the service itself checks them. */
static void leave_others(void) {
  extern char **environ;
  char name[128];
  for (size_t i = 0; environ[i];) {
    size_t len = strcspn(environ[i], "=");
    snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : 0), environ[i]);
    bool other = strncmp(name, "WM_", 3) == 0 && strcmp(name, "WM_HTTP_LISTEN") != 0 && strcmp(name, "WM_TIMEOUT") != 0;
    if (!other || unsetenv(name) != 0) i++; /* unsetenv() moves the next one here */
  }
}

int wm_cli_health(int argc, char **argv) {
  leave_others();
  return wm_cli_run(&k_program, k_rows, sizeof k_rows / sizeof k_rows[0], run, argc, argv);
}
