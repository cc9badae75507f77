"""What one candidate may use."""

from pydantic import BaseModel, ConfigDict, Field


class SandboxLimits(BaseModel):
    """The allowances of one trace. `docs/design/sandbox.md` says what real losses use of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fuel: int = Field(
        default=300_000_000,
        ge=1,
        description="WebAssembly instructions. A loss of ten operations takes 25 million, one of 400 140 million.",
    )
    memory_bytes: int = Field(
        default=2 * 2**20,
        ge=2**20,
        description="Memory of the guest, in bytes. Half a MiB of it is not for Python objects.",
    )
    source_bytes: int = Field(default=16_384, ge=1, description="Length of the source text, in bytes of UTF-8.")
    result_bytes: int = Field(
        default=262_144,
        ge=1,
        description="Length of what the guest sends, in bytes: the traces of three calls of the loss.",
    )
    host_calls: int = Field(
        default=2_000,
        ge=1,
        description="System calls of the guest (print, open, import). A loss that prints nothing makes 80.",
    )
    calls: int = Field(default=2_000, ge=1, description="Recorded operations in one call of the loss.")
    seconds: float = Field(
        default=2.0,
        gt=0,
        description="Wall-clock deadline of one trace, in seconds. Fuel ends nearly every endless loop long before.",
    )
