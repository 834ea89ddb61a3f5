// SPDX-License-Identifier: Apache-2.0
#include "config/reference_page.h"

#include "config/catalogue.h"
#include "config/serve_config.h"
#include "text/quantity.h"

namespace anda::sim {
namespace {

constexpr const char* introduction = R"page(# Configuration

<!-- Printed by `anda-sim config --reference`; a test compares the two. -->

A run is described by one YAML file. Every key has a default except the workload, so a file gives only what differs:

```yaml
name: LLaMA-13B, 1 % accuracy loss
workload: {model: LLaMA-13B}
precision: [7, 5, 6, 6]
accelerator:
  mxu: {rows: 32}
```

`anda-sim config CONFIG.yaml` prints the effective configuration: every key with its value. That is itself a
configuration for the same run. `anda-sim config CONFIG.yaml --check` only checks whether the file is valid, and
`anda-sim config` alone prints the defaults.

## Changing single keys

`--set key=value` changes one key, named with dots; it can be repeated, and later ones win. The value is written as in
YAML:

```sh
anda-sim config configs/llama-13b.yaml --set accelerator.mxu.rows=32 --set precision.layers.3.A_o=5
anda-sim config configs/llama-13b.yaml --set systems=fp-fp,anda --set workload.model=OPT-6.7B
```

## Building on another file

`base` names a file whose keys hold unless this file gives them. Maps are merged key by key, lists and values are
replaced:

```yaml
base: llama-13b.yaml
name: twice the rows
accelerator: {mxu: {rows: 32}}
```

A file that gives one of `workload.model`, `workload.config_json` and `workload.trace` replaces whichever of them its base
gave. Paths are relative to the file that names them; those of `--set` are relative to the current folder.

## Precision

The four mantissa lengths can be written one by one, as a list, or as one number for all. In the two short forms the other
keys keep their values:

```yaml
precision: {A_qkv: 7, A_o: 5, A_u: 6, A_d: 6}   # the same as [7, 5, 6, 6]
```

```yaml
precision: 8                                    # 8 bits for each of the four
```

Individual layers may differ; keys that their entry omits are as in the other layers:

```yaml
precision:
  A_qkv: 7
  layers:
    0: {A_qkv: 10}
    39: [8, 8, 8, 8]
```

## Technology

`technology` takes keys, which change those of `configs/technology/16nm.yaml`, or the name of a file in `configs/technology`,
or the path of a YAML file, which must have all of them. `dram` takes the same, with the names of `configs/dram`. Energy of an
action = `power_mw` / `reference_clock_hz` / `actions_per_cycle`; area of a unit = `area_mm2` / `area_units`.

```yaml
technology: technology/16nm.yaml
```

## Servers

The sections `serving` and `system` are for [`anda-sim serve`](serving.md), which reads all others, too. `anda-sim run` refuses a
file that has them. `anda-sim config` prints them for a file with `serving`, and for any other with `--server`.

## Errors

Nothing is ignored. A key that does not exist, a value out of range or keys that conflict end the program with
status 2 and a line for each problem:

```text
llama.yaml:3:3: accelerator.mxu.row: is not a key; the keys of accelerator.mxu are processing_element, rows, columns, lanes_per_pe, weight_bits, fill_cycles, zero_point_cycles; did you mean `rows`?
llama.yaml:5:1: precision: is a list of 3, must have 4 values: [A_qkv, A_o, A_u, A_d]
--set dram.channels=0: dram.channels: is 0, must be 1 … 1024
```

Anchors, aliases, tags and more than one document in a file are refused. [limits.md](limits.md) has the limits of size and
depth.

## Numbers, truth values, lists and texts

The same grammar applies wherever the simulator reads a value: YAML, `--set`, options, CSV, JSON files and what evaluators
answer.

```text
whole number  = "0" | digit 1-9, digits                       16, 4096
number        = ["-"] whole number with "." and digits before, after or around it, exponent "e" or "E" with a sign or none
                                                              285e6, 0.5, .5, -1.5E+3
truth value   = "true" | "false"
list          = "[" value, value, … "]"                       [7, 6, 6, 6]
quantity      = number, unit                                  2MiB, 1.5 GHz
text          = anything else, in quotes where it looks like one of the above
```

- Numbers are decimal. There is no plus sign, no leading zero, no digit grouping (`1_000`), no hexadecimal, no infinity and no
  NaN. Whole numbers have neither point nor exponent.
- A number must be one that a 64-bit floating-point number can hold: `1e999` is refused, and so is `1e-999`, which is not 0.
- `yes`, `on`, `True` and `1` are not truth values.
- A list may leave out the brackets where nothing but a list is meant: `systems=fp-fp,anda`, `precision=7,6,6,6`,
  `--tolerance 0.1%,1%`. One word is a list of one: `systems=anda`. zsh interprets unquoted brackets as a pattern.
- A key with a unit in its name takes a number with a unit, too, in configurations, `--set` and sweeps: `bytes: 2MiB`,
  `clock_hz: 285MHz`, `latency_ns: 0.1us`, `pj_per_bit: 3.9pJ`. Prefixes are f, p, n, u, m, k, M, G and T, for bytes and bits
  also Ki, Mi, Gi and Ti; a kB has 1000 bytes.
- A number in quotes is a text and is refused where a number is expected. A field of a CSV file may have quotes around it, as
  RFC 4180 says.
- JSON has its own, narrower rules for the same numbers (no `.5`, no `5.`), which hold in JSON files.
- Texts are UTF-8 of one line without control characters, marks of the direction of writing among them.

The error for a value outside the grammar says what to write instead:

```text
--set accelerator.mxu.rows=1_6: accelerator.mxu.rows: is `1_6`, must be a whole number, 1 … 1024; digits are not grouped: write 16
--set precision=7,6,6: precision: is the text `7,6,6`, must be a list in brackets, such as [7, 6, 6], or one value for all of [A_qkv, A_o, A_u, A_d]
```

## All keys

The number after `…` is the largest legal one.
)page";

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '|' || c == '<') result += '\\';
    result += c;
  }
  return result;
}

std::string sentence(std::string text) {
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text + ".";
}

std::string in_code(const std::string& text) { return text.empty() ? text : "`" + text + "`"; }

std::string row(const SectionInfo& section, const KeyInfo& info) {
  const bool is_section = info.type == "section";
  const bool is_text = info.type == "text" || info.type == "path";
  const std::string fallback = is_text && info.fallback.empty() ? "\"\"" : info.fallback;
  const std::string meaning =
      is_section ? "see `" + join_key(section.path, info.key) + "`: " + info.meaning : info.meaning;
  return "| `" + info.key + "` | " + info.type + " | " + std::string(unit_of_key(info.key)) + " | " +
         in_code(fallback) + " | " + escaped(info.legal) + " | " + escaped(meaning) + " |\n";
}

}  // namespace

std::string reference_page() {
  std::string page = introduction;
  for (const SectionInfo& section : catalogue_of<ServeConfig>()) {
    page += section.path.empty() ? "\n### Top level\n\n" : "\n### `" + section.path + "`\n\n";
    if (section.path.empty()) {
      page += "Besides these, a file may have the key `base`.\n\n";
    } else {
      page += sentence(escaped(section.meaning)) + "\n\n";
    }
    page += "| Key | Type | Unit | Default | Legal | Meaning |\n|---|---|---|---|---|---|\n";
    for (const KeyInfo& info : section.keys) page += row(section, info);
  }
  return page;
}

}  // namespace anda::sim
