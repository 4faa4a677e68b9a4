// Google's libphonenumber (C++) doing the work of phone_normalize in a bare loop: no SQL, no copying of
// results. Its answers are compared with ours by the caller.
//
//   libphonenumber_loop FILE REGION...
//
// reads one number a line from FILE. For each line "run" on standard input it normalises all of them once
// and prints the CPU time of that in nanoseconds; for "answers" it prints what it made of each, one a line,
// empty where it found no number.

#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <phonenumbers/phonenumberutil.h>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace {

const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
const std::string kNoRegion = "ZZ";

bool Parse(const std::string& input, const std::string& region, PhoneNumber* number) {
  number->Clear();
  return util.Parse(input, region, number) == PhoneNumberUtil::NO_PARSING_ERROR;
}

bool IsPlausible(const PhoneNumber& number) {
  const auto has_full_length = [&](PhoneNumberUtil::PhoneNumberType type) {
    return util.IsPossibleNumberForTypeWithReason(number, type) == PhoneNumberUtil::IS_POSSIBLE;
  };
  return !number.italian_leading_zero() &&
         (has_full_length(PhoneNumberUtil::FIXED_LINE) || has_full_length(PhoneNumberUtil::MOBILE));
}

// The rule of phone_normalize: the first region that makes the number valid, else the first that makes it
// plausible. (A leading 00 does not occur in the inputs of the benchmark.)
bool ReadByRegion(const std::string& input, const std::vector<std::string>& regions, PhoneNumber* number) {
  PhoneNumber candidate;
  bool plausible = false;
  for (const std::string& region : regions) {
    if (!Parse(input, region, &candidate)) continue;
    if (util.IsValidNumber(candidate)) {
      number->Swap(&candidate);
      return true;
    }
    if (!plausible && IsPlausible(candidate)) {
      *number = candidate;
      plausible = true;
    }
  }
  return plausible;
}

bool HasPlus(const std::string& input) {
  return input.find('+') != std::string::npos || input.find("\uFF0B") != std::string::npos;
}

void Normalize(const std::string& input, const std::vector<std::string>& regions, std::string* e164) {
  PhoneNumber number;
  e164->clear();
  const bool found =
      HasPlus(input) ? Parse(input, kNoRegion, &number) : ReadByRegion(input, regions, &number);
  if (found && util.IsPossibleNumber(number)) util.Format(number, PhoneNumberUtil::E164, e164);
}

std::vector<std::string> ReadLines(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

long long CpuNanoseconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: libphonenumber_loop FILE REGION...\n";
    return 2;
  }
  const std::vector<std::string> numbers = ReadLines(argv[1]);
  const std::vector<std::string> regions(argv + 2, argv + argc);
  std::string e164;
  for (std::string command; std::getline(std::cin, command);) {
    const bool print = command == "answers";
    const long long start = CpuNanoseconds();
    for (const std::string& number : numbers) {
      Normalize(number, regions, &e164);
      if (print) std::cout << e164 << '\n';
    }
    if (!print) std::cout << CpuNanoseconds() - start << '\n';
    std::cout.flush();
  }
}
