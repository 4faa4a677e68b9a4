"""Answers questions with the Python code of docs/interop.md: a JSON object a line in, one a line out.

Its argument is a file with that code.
"""

import json
import sys
from pathlib import Path

code: dict = {}
exec(compile(Path(sys.argv[1]).read_text(encoding="utf-8"), "docs/interop.md", "exec"), code)
functions = {"decrypt": code["decrypt"], "encrypt": code["encrypt"], "hash": code["phone_hash"]}

for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = {"answer": functions[question["function"]](*question["arguments"])}
    except Exception as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
