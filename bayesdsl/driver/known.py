"""What the text of a model tells a verdict about its posterior."""

from __future__ import annotations

from bayesdsl.model import ir


def centred_scales(model: ir.Model) -> dict[str, list[str]]:
    """Latents that are the scale of a centred hierarchy, with its members: what a verdict on divergences looks at."""
    scales: dict[str, list[str]] = {}
    for statement in model.statements:
        if isinstance(statement, ir.Sample) and (scale := ir.hierarchical_scale(statement)) is not None:
            for node in ir.walk(scale):
                if isinstance(node, ir.Ref) and node.kind is ir.Kind.LATENT:
                    scales.setdefault(node.name, []).append(statement.name)
    return scales


def flat(model: ir.Model) -> tuple[str, ...]:
    """Latents with an improper prior."""
    return tuple(s.name for s in model.of(ir.Sample) if isinstance(s.dist, ir.Improper))


def networks(model: ir.Model) -> dict[str, list[str]]:
    """Layers with hidden units whose weights are latents, with these: units can change places in the posterior."""
    latents = {s.name for s in model.of(ir.Sample)}
    found = {name: [w for w in layer.weights() if w in latents] for name, layer in model.layers.items()}
    weighted = {name: sum(bool(step.weights) for step in layer.all_steps()) for name, layer in model.layers.items()}
    return {name: weights for name, weights in found.items() if weights and weighted[name] > 1}
