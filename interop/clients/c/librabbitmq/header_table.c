/*
 * The scenario header-table: librabbitmq keeps the type of every value, so that this is where a
 * header of each type is compared with its letter, nested ones too.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "link.h"

void header_table(void);

static amqp_field_value_t list_values[4];
static amqp_table_entry_t inner_entries[2];
static amqp_table_entry_t entries[32];
static int entry_count;

static amqp_field_value_t text_value(uint8_t kind, const char *bytes, size_t length) {
  amqp_field_value_t value = {.kind = kind};
  value.value.bytes = (amqp_bytes_t){.len = length, .bytes = (void *)(uintptr_t)bytes};
  return value;
}

static amqp_field_value_t *add(const char *key, uint8_t kind) {
  amqp_table_entry_t *entry = &entries[entry_count++];
  memset(entry, 0, sizeof *entry);
  entry->key = amqp_cstring_bytes(key);
  entry->value.kind = kind;
  return &entry->value;
}

/* One header a type at its extremes; an array and a table with values inside. */
static void build(void) {
  static const char utf8[] = "text, Größe, 兎";
  entry_count = 0;
  *add("S", 'S') = text_value('S', utf8, sizeof utf8 - 1);
  *add("S empty", 'S') = text_value('S', "", 0);
  *add("x", 'x') = text_value('x', "\x00\x01\xfe\xff", 4);
  add("t", 't')->value.boolean = 1;
  add("t false", 't')->value.boolean = 0;
  add("b", 'b')->value.i8 = INT8_MIN;
  add("B", 'B')->value.u8 = UINT8_MAX;
  add("s", 's')->value.i16 = INT16_MIN;
  add("u", 'u')->value.u16 = UINT16_MAX;
  add("I", 'I')->value.i32 = INT32_MIN;
  add("i", 'i')->value.u32 = UINT32_MAX;
  add("l", 'l')->value.i64 = INT64_MIN;
  add("l max", 'l')->value.i64 = INT64_MAX;
  add("L", 'L')->value.u64 = INT64_MAX;
  add("f", 'f')->value.f32 = 1.5f;
  add("d", 'd')->value.f64 = 3.141592653589793;
  add("D", 'D')->value.decimal = (amqp_decimal_t){.decimals = 2, .value = 31415};
  add("T", 'T')->value.u64 = 1700000000;
  add("V", 'V');
  list_values[0] = text_value('S', "in a list", 9);
  list_values[1] = (amqp_field_value_t){.kind = 's', .value.i16 = -300};
  list_values[2] = (amqp_field_value_t){.kind = 'V'};
  list_values[3] = (amqp_field_value_t){.kind = 'A', .value.array = {0, NULL}};
  add("A", 'A')->value.array = (amqp_array_t){.num_entries = 4, .entries = list_values};
  inner_entries[0].key = amqp_cstring_bytes("float");
  inner_entries[0].value = (amqp_field_value_t){.kind = 'f', .value.f32 = -0.25f};
  inner_entries[1].key = amqp_cstring_bytes("list");
  inner_entries[1].value = entries[entry_count - 1].value;
  add("F", 'F')->value.table = (amqp_table_t){.num_entries = 2, .entries = inner_entries};
  add("F empty", 'F')->value.table = amqp_empty_table;
}

static void compare_tables(const amqp_table_t *sent, const amqp_table_t *back, const char *path);

static bool same_bytes(amqp_bytes_t one, amqp_bytes_t other) {
  return one.len == other.len && (one.len == 0 || !memcmp(one.bytes, other.bytes, one.len));
}

static bool same_scalar(const amqp_field_value_t *sent, const amqp_field_value_t *back) {
  switch (sent->kind) {
    case 'S':
    case 'x': return same_bytes(sent->value.bytes, back->value.bytes);
    case 't': return sent->value.boolean == back->value.boolean;
    case 'b':
    case 'B': return sent->value.u8 == back->value.u8;
    case 's':
    case 'u': return sent->value.u16 == back->value.u16;
    case 'I':
    case 'i': return sent->value.u32 == back->value.u32;
    case 'f': return sent->value.f32 == back->value.f32;
    case 'd': return sent->value.f64 == back->value.f64;
    case 'D':
      return sent->value.decimal.decimals == back->value.decimal.decimals &&
             sent->value.decimal.value == back->value.decimal.value;
    case 'V': return true;
    default: return sent->value.u64 == back->value.u64; /* l L T */
  }
}

static void compare(const amqp_field_value_t *sent, const amqp_field_value_t *back,
                    const char *path) {
  if (back->kind != sent->kind)
    fail("%s: sent as %c, came back as %c", path, sent->kind, back->kind);
  if (sent->kind == 'F') {
    compare_tables(&sent->value.table, &back->value.table, path);
  } else if (sent->kind == 'A') {
    expect_number(back->value.array.num_entries, sent->value.array.num_entries, path);
    for (int index = 0; index < sent->value.array.num_entries; index++) {
      char inner[100];
      snprintf(inner, sizeof inner, "%s[%d]", path, index);
      compare(&sent->value.array.entries[index], &back->value.array.entries[index], inner);
    }
  } else if (!same_scalar(sent, back)) {
    fail("%s: another value came back", path);
  }
}

static void compare_tables(const amqp_table_t *sent, const amqp_table_t *back, const char *path) {
  expect_number(back->num_entries, sent->num_entries, path);
  for (int index = 0; index < sent->num_entries; index++) {
    char inner[100];
    const amqp_table_entry_t *one = &sent->entries[index], *other = &back->entries[index];
    snprintf(inner, sizeof inner, "%s.%.*s", path, (int)one->key.len, (char *)one->key.bytes);
    if (!same_bytes(one->key, other->key)) fail("%s: another key came back", inner);
    compare(&one->value, &other->value, inner);
  }
}

void header_table(void) {
  link_t link = open_link();
  const char *queue = own_name("");
  open_confirm_channel(link, CHANNEL);
  declare_queue(link, CHANNEL, queue, EXCLUSIVE);
  build();
  amqp_basic_properties_t properties = {._flags = AMQP_BASIC_HEADERS_FLAG};
  properties.headers = (amqp_table_t){.num_entries = entry_count, .entries = entries};
  publish(link, CHANNEL, "", queue, amqp_cstring_bytes("x"), &properties, false);
  wait_confirmed(link, NULL);
  struct received got = get(link, CHANNEL, queue, true);
  expect(got.present, "nothing in the queue");
  compare_tables(&properties.headers, &got.message.properties.headers, "headers");
}
