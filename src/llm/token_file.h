// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_TOKEN_FILE_H
#define ANDA_SIM_LLM_TOKEN_FILE_H

#include <anda/base/describe.h>

#include <cstdint>
#include <string>
#include <vector>

namespace anda::sim {

/// Integers of a raw token file, little-endian.
enum class TokenType { uint8, uint16, int32 };

inline constexpr ChoiceTable<TokenType, 3> token_types{
    {{"uint8", TokenType::uint8}, {"uint16", TokenType::uint16}, {"int32", TokenType::int32}}};

/// Whether the file contains only integers, without a header that gives their type.
bool is_raw_token_file(const std::string& path);

/// Reads token ids: a .npy file of integers of any shape, in C order, or a headerless file of integers of `raw_type`.
/// Throws Error (input) with the path if the file is neither, is empty, or holds a token outside 0 … vocabulary − 1.
std::vector<std::uint32_t> read_tokens(const std::string& path, TokenType raw_type, std::uint64_t vocabulary);

}  // namespace anda::sim

#endif
