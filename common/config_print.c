#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/config_internal.h"

#define HELP_WIDTH 100 /* columns */
#define HELP_INDENT 30 /* column at which the text of an option begins */
#define TEXT_MAX 1024  /* bytes of the text of one option */
#define OTHER_GROUP "Other"
#define KAFKA_GROUP "Kafka" /* where --kafka is shown, if the table has this group */

/* Columns that a UTF-8 text takes, near enough: its code points. */
static size_t columns(const char *s, size_t len) {
  size_t n = 0;
  for (size_t i = 0; i < len; i++) n += ((unsigned char)s[i] & 0xC0) != 0x80;
  return n;
}

/* Writes one line of `len` bytes in lines of at most HELP_WIDTH columns; the first goes on at column `at`, the others begin at `indent`. */
static void print_wrapped(FILE *out, const char *text, size_t len, size_t at, size_t indent) {
  const char *end = text + len;
  bool first = true;
  while (text < end) {
    size_t word = strcspn(text, " \n"), width = columns(text, word);
    if (!first && at + 1 + width > HELP_WIDTH) {
      fprintf(out, "\n%*s", (int)indent, "");
      at = indent;
      first = true;
    }
    fprintf(out, "%s%.*s", first ? "" : " ", (int)word, text);
    at += width + (first ? 0 : 1);
    first = false;
    text += word;
    while (text < end && *text == ' ') text++;
  }
  fputc('\n', out);
}

/* Wraps line by line; a line that begins with a space is laid out already. */
static void print_paragraphs(FILE *out, const char *text) {
  while (*text) {
    size_t len = strcspn(text, "\n");
    if (*text == ' ') fprintf(out, "%.*s\n", (int)len, text);
    else print_wrapped(out, text, len, 0, 0);
    text += len + (text[len] == '\n');
  }
}

/* "  --flag VALUE" and its text beside it, or below it where the flag is long. */
static void print_option(FILE *out, const char *flag, const char *text) {
  size_t width = 2 + columns(flag, strlen(flag));
  fprintf(out, "  %s", flag);
  if (width + 2 > HELP_INDENT) fprintf(out, "\n%*s", HELP_INDENT, "");
  else fprintf(out, "%*s", (int)(HELP_INDENT - width), "");
  print_wrapped(out, text, strlen(text), HELP_INDENT, HELP_INDENT);
}

static bool group_is_new(const wm_config_t *c, size_t row) {
  for (size_t i = 0; i < row; i++)
    if (strcmp(c->rows[i].option->group, c->rows[row].option->group) == 0) return false;
  return true;
}

/* How the row is given on the command line: "--topic-in TOPIC"; a secret by its variable. */
static void describe_flag(const wm_config_row_t *row, char *out, size_t cap) {
  const wm_config_option_t *o = row->option;
  static const char *const k_words[] = {
      [WM_CONFIG_STRING] = "TEXT", [WM_CONFIG_INT] = "N",           [WM_CONFIG_BOOL] = "",
      [WM_CONFIG_MS] = "TIME",     [WM_CONFIG_BYTES] = "SIZE",      [WM_CONFIG_PATH] = "PATH",
      [WM_CONFIG_CHOICE] = "WORD", [WM_CONFIG_LISTEN] = "HOST:PORT"};
  const char *word = o->placeholder ? o->placeholder : k_words[o->type];
  if (o->flags & WM_CONFIG_SECRET) snprintf(out, cap, "%s", row->variable);
  else if (o->type == WM_CONFIG_BOOL) snprintf(out, cap, "--[no-]%s", row->flag);
  else snprintf(out, cap, "--%s %s", row->flag, word);
}

/* Appends to a text of TEXT_MAX bytes; what does not fit is cut. */
__attribute__((format(printf, 2, 3))) static void add(char *text, const char *format, ...) {
  size_t len = strlen(text);
  va_list args;
  va_start(args, format);
  vsnprintf(text + len, TEXT_MAX - len, format, args);
  va_end(args);
}

static void print_row_help(FILE *out, const wm_config_row_t *row) {
  char flag[2 * WM_CONFIG_KEY_MAX + 64], range[256], def[256], text[TEXT_MAX] = "";
  const wm_config_option_t *o = row->option;
  describe_flag(row, flag, sizeof flag);
  wm_config_value_range(o, range, sizeof range);
  add(text, "%s (", o->help);
  if (range[0] && o->type != WM_CONFIG_BOOL) add(text, "%s; ", range);
  if (row->def) add(text, "default: %s; ", wm_config_value_default(o, row->def, def, sizeof def));
  if ((o->flags & WM_CONFIG_REQUIRED) && !row->def) add(text, "required; ");
  if (o->flags & WM_CONFIG_SECRET) add(text, "secret: by variable only, or %s_FILE with a file's path)", row->variable);
  else add(text, "%s)", row->variable);
  print_option(out, flag, text);
}

static void print_kafka_help(FILE *out) {
  print_option(out, "--kafka PROPERTY=VALUE",
               "any other property of librdkafka, such as linger.ms=20; may be repeated (WM_KAFKA_PROPERTY: "
               "WM_KAFKA_LINGER_MS=20; passwords by variable only, or WM_KAFKA_..._FILE with a file's path)");
}

void wm_config_print_help(const wm_config_t *c, FILE *out) {
  const wm_config_program_t *p = c->program;
  bool kafka = p->takes_kafka;
  print_paragraphs(out, p->summary);
  fprintf(out, "\nUsage: %s\n", p->usage);
  for (size_t g = 0; g < c->n_rows; g++) {
    if (!group_is_new(c, g)) continue;
    const char *group = c->rows[g].option->group;
    fprintf(out, "\n%s:\n", group);
    for (size_t i = g; i < c->n_rows; i++)
      if (strcmp(c->rows[i].option->group, group) == 0) print_row_help(out, &c->rows[i]);
    if (!kafka || strcmp(group, KAFKA_GROUP) != 0) continue;
    print_kafka_help(out);
    kafka = false;
  }
  fprintf(out, "\n%s:\n", OTHER_GROUP);
  if (kafka) print_kafka_help(out);
  print_option(out, "--help", "show this and exit");
  print_option(out, "--version", "show the version and exit");
  print_option(
      out, "--dump-config",
      "show what is configured and where it comes from, secrets masked, and exit; --dump-config=markdown shows "
      "what can be configured");
  print_option(out, "--check-config", "check the configuration and what it names, and exit");
  fputs("\nA flag goes before its variable, a variable before the default; an empty variable counts as not set.\n",
        out);
  if (p->epilog) fprintf(out, "\n%s\n", p->epilog);
  fputs("\nExit codes: 0 ok, 1 failed, 64 wrong usage, 75 try again later, 78 wrong configuration.\n", out);
}

/* A value that a shell, Compose and systemd read back as it was: bare if it is plain, else in double quotes. */
static void print_env_value(FILE *out, const char *value) {
  static const char k_plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,@%+=-";
  if (value[strspn(value, k_plain)] == '\0') {
    fputs(value, out);
    return;
  }
  fputc('"', out);
  for (; *value; value++) {
    if (strchr("\"\\$`", *value)) fputc('\\', out);
    fputc(*value, out);
  }
  fputc('"', out);
}

static void print_row_dump(FILE *out, const wm_config_row_t *row) {
  bool secret = row->option->flags & WM_CONFIG_SECRET;
  switch (row->source) {
    case WM_CONFIG_FROM_NOWHERE:
      fprintf(out, "# not set\n#%s=\n", row->variable);
      return;
    case WM_CONFIG_FROM_FILE:
      fprintf(out, "# %s from a file, not shown\n%s_FILE=", row->variable, row->variable);
      print_env_value(out, row->file ? row->file : "");
      fputc('\n', out);
      return;
    case WM_CONFIG_FROM_FLAG:
      fprintf(out, "# from --%s\n", row->flag);
      break;
    case WM_CONFIG_FROM_VARIABLE:
      fprintf(out, "# from the environment%s\n", secret ? ", not shown" : "");
      break;
    default:
      fputs("# default\n", out);
      break;
  }
  if (secret) {
    fprintf(out, "#%s=***\n", row->variable);
  } else if (row->option->type == WM_CONFIG_LISTEN && row->value && !*row->value) {
    fprintf(out, "%s=off\n", row->variable);
  } else if (!row->value || !*row->value) { /* no variable can say so */
    fprintf(out, "#%s=\n", row->variable);
  } else {
    fprintf(out, "%s=", row->variable);
    print_env_value(out, row->value);
    fputc('\n', out);
  }
}

static void print_property_dump(FILE *out, const wm_config_property_t *p) {
  char variable[256];
  wm_config_kafka_variable_of(p->name, variable, sizeof variable);
  bool secret = wm_config_kafka_secret(p->name);
  fprintf(out, "# librdkafka's %s, from %s%s\n", p->name, p->origin, secret ? ", not shown" : "");
  fprintf(out, "%s%s=", secret && !p->file ? "#" : "", p->file ? p->origin : variable);
  if (p->file) print_env_value(out, p->file);
  else if (secret) fputs("***", out);
  else print_env_value(out, p->value);
  fputc('\n', out);
}

void wm_config_print_dump(const wm_config_t *c, FILE *out) {
  if (c->markdown) {
    wm_config_print_markdown(c, out);
    return;
  }
  fprintf(out, "# %s %s\n", c->program->program, c->program->version);
  for (size_t g = 0; g < c->n_rows; g++) {
    if (!group_is_new(c, g)) continue;
    const char *group = c->rows[g].option->group;
    fprintf(out, "\n# == %s ==\n", group);
    for (size_t i = g; i < c->n_rows; i++)
      if (strcmp(c->rows[i].option->group, group) == 0) print_row_dump(out, &c->rows[i]);
  }
  if (c->n_properties > 0) fputs("\n# == passed on to librdkafka ==\n", out);
  for (size_t i = 0; i < c->n_properties; i++) print_property_dump(out, &c->properties[i]);
}

/* A table's cell: '|' would end it. */
static void print_cell(FILE *out, const char *text) {
  for (; *text; text++) fputs(*text == '|' ? "\\|" : (char[]){*text, '\0'}, out);
}

static void print_row_markdown(FILE *out, const wm_config_row_t *row) {
  static const char *const k_types[] = {
      [WM_CONFIG_STRING] = "text",   [WM_CONFIG_INT] = "integer",   [WM_CONFIG_BOOL] = "true or false",
      [WM_CONFIG_MS] = "time",       [WM_CONFIG_BYTES] = "size",    [WM_CONFIG_PATH] = "path",
      [WM_CONFIG_CHOICE] = "one of", [WM_CONFIG_LISTEN] = "address"};
  const wm_config_option_t *o = row->option;
  char range[256], def[256];
  wm_config_value_range(o, range, sizeof range);
  bool secret = o->flags & WM_CONFIG_SECRET;
  if (secret) fprintf(out, "| | `%s`, `%s_FILE` | secret", row->variable, row->variable);
  else
    fprintf(out, "| `--%s%s` | `%s` | %s", o->type == WM_CONFIG_BOOL ? "[no-]" : "", row->flag, row->variable,
            k_types[o->type]);
  if (o->type == WM_CONFIG_CHOICE) {
    fputs(" `", out);
    print_cell(out, range);
    fputc('`', out);
  } else if (range[0] && o->type != WM_CONFIG_BOOL) {
    fprintf(out, ", %s", range);
  }
  fputs(" | ", out);
  if (row->def && *row->def) {
    fputc('`', out);
    print_cell(out, wm_config_value_default(o, row->def, def, sizeof def));
    fputc('`', out);
  } else {
    fputs(row->def && o->type == WM_CONFIG_LISTEN ? "off" : (o->flags & WM_CONFIG_REQUIRED) ? "required" : "", out);
  }
  fputs(" | ", out);
  print_cell(out, o->help);
  fputs(" |\n", out);
}

void wm_config_print_markdown(const wm_config_t *c, FILE *out) {
  for (size_t g = 0; g < c->n_rows; g++) {
    if (!group_is_new(c, g)) continue;
    const char *group = c->rows[g].option->group;
    fprintf(out, "%s### %s\n\n| Flag | Variable | Type and range | Default | What it is |\n|---|---|---|---|---|\n",
            g > 0 ? "\n" : "", group);
    for (size_t i = g; i < c->n_rows; i++)
      if (strcmp(c->rows[i].option->group, group) == 0) print_row_markdown(out, &c->rows[i]);
  }
}
