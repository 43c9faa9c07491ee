// Loads an exported predictor and draws from it, with libtorch alone.
//
//   predictor ARCHIVE COLUMNS SEED DRAWS
//
// COLUMNS is a text file, a line a column, fields separated by tabs: `number NAME WIDTH VALUE..`, WIDTH 0 where a row has
// a single value, or `text NAME 1 LABEL..`.
// DRAWS gets, for each quantity, a line `NAME SIZE..` and then its numbers as they lie in memory.
// A predictor is a program: this runs what is in the archive.
#include <torch/script.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

using Numbers = c10::Dict<std::string, torch::Tensor>;
using Texts = c10::Dict<std::string, c10::List<std::string>>;

void read_columns(const std::string& path, Numbers& numbers, Texts& texts) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string kind, name, width, value;
    std::getline(fields, kind, '\t');
    std::getline(fields, name, '\t');
    std::getline(fields, width, '\t');
    if (kind == "number") {
      std::vector<double> values;
      while (std::getline(fields, value, '\t')) values.push_back(std::stod(value));
      const torch::Tensor column = torch::tensor(values, torch::kFloat64);
      numbers.insert(name, width == "0" ? column : column.reshape({-1, std::stoll(width)}));
    } else {
      c10::List<std::string> values;
      while (std::getline(fields, value, '\t')) values.push_back(value);
      texts.insert(name, values);
    }
  }
}

int main(int count, const char* arguments[]) {
  if (count != 5) {
    std::cerr << "predictor ARCHIVE COLUMNS SEED DRAWS\n";
    return 2;
  }
  torch::jit::Module predictor = torch::jit::load(arguments[1]);
  Numbers numbers;
  Texts texts;
  read_columns(arguments[2], numbers, texts);
  const int64_t seed = std::stoll(arguments[3]);
  std::ofstream file(arguments[4], std::ios::binary);
  const auto drawn = predictor.get_method("draws")({numbers, texts, seed}).toGenericDict();
  for (const auto& entry : drawn) {
    const torch::Tensor values = entry.value().toTensor().contiguous();
    file << entry.key().toStringRef();
    for (const int64_t size : values.sizes()) file << ' ' << size;
    file << '\n';
    file.write(static_cast<const char*>(values.const_data_ptr()), values.numel() * sizeof(double));
  }
  std::cout << predictor.get_method("metadata")({}).toStringRef() << '\n';
}
