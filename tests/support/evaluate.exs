# Evaluates texts that NULs separate, and writes each value as a line of JSON in ASCII.
defmodule Json do
  def encode(nil), do: "null"
  def encode(value) when is_boolean(value), do: Atom.to_string(value)
  def encode(value) when is_atom(value), do: encode(value |> Atom.to_string() |> String.replace_prefix("Elixir.", ""))
  def encode(value) when is_integer(value), do: Integer.to_string(value)
  def encode(value) when is_float(value), do: :erlang.float_to_binary(value, [:short])
  def encode(value) when is_tuple(value), do: value |> Tuple.to_list() |> list()

  def encode(value) when is_binary(value) do
    [?", value |> String.to_charlist() |> Enum.map(&character/1), ?"]
  end

  def encode(value) when is_list(value), do: list(value)

  def encode(value) when is_map(value), do: map(value)

  defp list(values), do: [?[, values |> Enum.map(&encode/1) |> Enum.intersperse(?,), ?]]

  defp map(entries) do
    [?{, entries |> Enum.map(&entry/1) |> Enum.intersperse(?,), ?}]
  end

  defp entry({key, value}) when is_atom(key), do: entry({Atom.to_string(key), value})
  defp entry({key, value}), do: [encode(key), ?:, encode(value)]

  defp character(c) when c in [?", ?\\], do: [?\\, c]
  defp character(c) when c >= 32 and c < 127, do: c
  defp character(c) when c < 0x10000, do: unit(c)
  defp character(c), do: [unit(0xD800 + div(c - 0x10000, 1024)), unit(0xDC00 + rem(c - 0x10000, 1024))]

  defp unit(number), do: ["\\u", number |> Integer.to_string(16) |> String.pad_leading(4, "0")]
end

[source, result] = System.argv()

lines =
  for text <- source |> File.read!() |> String.split(<<0>>) do
    try do
      {value, _} = Code.eval_string(text)
      [Json.encode(value), ?\n]
    rescue
      error -> [Json.encode(%{error: Exception.message(error)}), ?\n]
    end
  end

File.write!(result, lines)
