"""What the processor can do: compiled code is for one kind, and on another it would end the process."""

from __future__ import annotations

import platform
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# What a compiler defines when it may use a feature, and what the kernel calls that feature in /proc/cpuinfo.
X86_FEATURES = {
    "__SSE3__": "pni",
    "__SSSE3__": "ssse3",
    "__SSE4A__": "sse4a",
    "__SSE4_1__": "sse4_1",
    "__SSE4_2__": "sse4_2",
    "__POPCNT__": "popcnt",
    "__AVX__": "avx",
    "__AVX2__": "avx2",
    "__FMA__": "fma",
    "__FMA4__": "fma4",
    "__XOP__": "xop",
    "__TBM__": "tbm",
    "__F16C__": "f16c",
    "__BMI__": "bmi1",
    "__BMI2__": "bmi2",
    "__LZCNT__": "abm",
    "__MOVBE__": "movbe",
    "__ADX__": "adx",
    "__AVXVNNI__": "avx_vnni",
    "__AVX512F__": "avx512f",
    "__AVX512CD__": "avx512cd",
    "__AVX512DQ__": "avx512dq",
    "__AVX512BW__": "avx512bw",
    "__AVX512VL__": "avx512vl",
    "__AVX512IFMA__": "avx512ifma",
    "__AVX512VBMI__": "avx512vbmi",
    "__AVX512VBMI2__": "avx512_vbmi2",
    "__AVX512VNNI__": "avx512_vnni",
    "__AVX512BITALG__": "avx512_bitalg",
    "__AVX512VPOPCNTDQ__": "avx512_vpopcntdq",
    "__AVX512BF16__": "avx512_bf16",
    "__AVX512FP16__": "avx512_fp16",
    "__AVX512VP2INTERSECT__": "avx512_vp2intersect",
}
ARM_FEATURES = {
    "__ARM_NEON": "asimd",
    "__ARM_FEATURE_ATOMICS": "atomics",
    "__ARM_FEATURE_DOTPROD": "asimddp",
    "__ARM_FEATURE_FP16_VECTOR_ARITHMETIC": "asimdhp",
    "__ARM_FEATURE_SVE": "sve",
    "__ARM_FEATURE_SVE2": "sve2",
}
FEATURES = X86_FEATURES | ARM_FEATURES


@dataclass(frozen=True)
class Cpu:
    """A processor. `name` is for people, `model` tells its kind from others, `features` are None where they are not
    known."""

    architecture: str
    model: str
    features: frozenset[str] | None
    name: str = ""

    def lacks(self, needed: frozenset[str]) -> tuple[str, ...]:
        """The features of code that this processor is not known to have."""
        return tuple(sorted(needed - (self.features or frozenset())))


@cache
def cpu() -> Cpu:
    """The processor of this machine."""
    architecture = platform.machine().lower()
    match sys.platform:
        case "linux":
            fields = _cpuinfo()
            words = fields.get("flags", fields.get("Features", "")).split()
            names = (fields.get(name, "") for name in ("vendor_id", "cpu family", "model", "model name", "CPU part"))
            return Cpu(
                architecture, " ".join(filter(None, names)), frozenset(words) or None, fields.get("model name", "")
            )
        case "darwin":
            return Cpu(architecture, name := _sysctl("machdep.cpu.brand_string"), None, name)
        case _:
            return Cpu(architecture, name := platform.processor(), None, name)


def _cpuinfo() -> dict[str, str]:
    """The fields of the first processor."""
    try:
        first = Path("/proc/cpuinfo").read_text(errors="replace").split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _sysctl(name: str) -> str:
    try:
        return subprocess.run(["sysctl", "-n", name], capture_output=True, text=True).stdout.strip()
    except OSError:
        return platform.processor()
