"""What every generated predictor is: rows in blocks, levels looked up, means and quantiles.

A predictor is plain torch that TorchScript compiles. Numbers come as float64 tensors and texts as lists, by the names
of the source's columns. A column of the spec may be given itself in place of what it is computed from, under the names
of its table and its own (`nation.africa`): numbers, or for a category the positions of its levels. Under the name of
the table alone (`nation`) stand the positions of rows of the fit, -1 for new ones.

Rows are drawn in blocks of `block_size`. Each block has random numbers of its own, made from the seed and the block's
number, so that a caller who takes blocks one at a time gets the numbers of one who takes all rows at once.

TorchScript reads the annotations here as they are, not as text.
"""

import torch
from torch import Generator, Tensor


class Base(torch.nn.Module):
    """The part of a predictor that is the same for every spec. The generated part is `columns` and `block`.

    `values` are tensors by attribute name: the posterior's draws, with a leading dimension of draws, and data of other
    tables. `levels` are the labels of each plate that has some, `sizes` the members of each, `places` the positions of
    members that the spec names, `ordered` the numbers that ranks are taken among, `redraws` the plates whose unseen
    levels are drawn anew. `table` is the plate of the rows; with `local`, rows of the fit alone are known, by the text
    of the column `key`.
    """

    levels: dict[str, dict[str, int]]
    labels: dict[str, list[str]]
    sizes: dict[str, int]
    places: dict[str, int]
    ordered: dict[str, Tensor]
    redraws: dict[str, bool]

    def __init__(
        self,
        values: dict[str, Tensor],
        *,
        table: str,
        count: int,
        block_size: int,
        levels: dict[str, list[str]],
        sizes: dict[str, int],
        places: dict[str, int],
        ordered: dict[str, Tensor],
        redraws: list[str],
        local: bool,
        key: str,
        about: str,
    ) -> None:
        super().__init__()
        for name, value in values.items():
            self.register_buffer(name, value)
        # TorchScript needs to be told the types of dictionaries that may be empty.
        none = {"": torch.zeros(0, dtype=torch.float64)}
        self.table = table
        self.count = count
        self.block_size = block_size
        self.levels = {plate: {text: i for i, text in enumerate(names)} for plate, names in levels.items()} or {"": {}}
        self.labels = dict(levels) or {"": [""]}
        self.sizes = sizes or {"": 0}
        self.places = places or {"": 0}
        self.ordered = ordered or none
        self.redraws = dict.fromkeys(redraws, True) or {"": False}
        self.local = local
        self.key = key
        self.about = about
        self.checks = True

    def columns(
        self, numbers: dict[str, Tensor], texts: dict[str, list[str]], fresh: dict[str, dict[str, int]]
    ) -> dict[str, Tensor]:
        """The columns of the spec that predictions need. `fresh` gathers unseen levels, and their numbers."""
        raise NotImplementedError

    def block(
        self,
        columns: dict[str, Tensor],
        fresh: dict[str, int],
        generator: Generator | None,
        seed: int,
        number: int,
    ) -> dict[str, Tensor]:
        """Draws for some rows, each of shape (draw, row, ..). `fresh` counts the unseen levels of each plate. Without a
        generator the random numbers are torch's own."""
        raise NotImplementedError

    def constants(self) -> dict[str, Tensor]:
        """Reported quantities that are the same for every row, of shape (draw, ..)."""
        raise NotImplementedError

    # What users call

    def forward(self, numbers: dict[str, Tensor], texts: dict[str, list[str]], seed: int) -> dict[str, Tensor]:
        return self.draws(numbers, texts, seed)

    @torch.jit.export
    def draws(self, numbers: dict[str, Tensor], texts: dict[str, list[str]], seed: int) -> dict[str, Tensor]:
        """Draws by quantity: shape (draw, row, ..), or (draw, ..) for what is the same for every row."""
        columns, fresh = self.prepare(numbers, texts)
        rows = columns[self.table].size(0)
        parts: dict[str, list[Tensor]] = {}
        for number in range((rows + self.block_size - 1) // self.block_size):
            for name, value in self.draw_block(columns, fresh, seed, number).items():
                if name not in parts:
                    empty: list[Tensor] = []
                    parts[name] = empty
                parts[name].append(value)
        drawn = self.constants()
        for name, blocks in parts.items():
            drawn[name] = torch.cat(blocks, 1)
        return drawn

    @torch.jit.export
    def mean(self, numbers: dict[str, Tensor], texts: dict[str, list[str]], seed: int) -> dict[str, Tensor]:
        """Means over the draws, of shape (row, ..)."""
        means: dict[str, Tensor] = {}
        for name, value in self.draws(numbers, texts, seed).items():
            means[name] = value.mean(0)
        return means

    @torch.jit.export
    def quantiles(
        self, numbers: dict[str, Tensor], texts: dict[str, list[str]], probabilities: list[float], seed: int
    ) -> dict[str, Tensor]:
        """Quantiles over the draws, of shape (probability, row, ..), linear between neighbouring draws."""
        found: dict[str, Tensor] = {}
        for name, value in self.draws(numbers, texts, seed).items():
            found[name] = quantiles_of(value, probabilities)
        return found

    @torch.jit.export
    def metadata(self) -> str:
        """What goes in and what comes out, as JSON."""
        return self.about

    # Blocks

    @torch.jit.export
    def prepare(
        self, numbers: dict[str, Tensor], texts: dict[str, list[str]]
    ) -> tuple[dict[str, Tensor], dict[str, int]]:
        """The spec's columns of all rows, and how many unseen levels each plate has."""
        rows = self.rows(numbers, texts)
        fresh: dict[str, dict[str, int]] = {}
        columns = self.columns(numbers, texts, fresh)
        if self.table in numbers:
            columns[self.table] = numbers[self.table].to(torch.int64)
        elif self.key in texts:
            columns[self.table] = self.rows_of_the_fit(texts[self.key])
        else:
            columns[self.table] = torch.full([rows], -1)
        if self.local and self.checks and bool((columns[self.table] < 0).any()):
            raise RuntimeError("a new row of " + self.table + ", which the fit has nothing to say of")
        counts: dict[str, int] = {}
        for plate in self.sizes:
            counts[plate] = len(fresh[plate]) if plate in fresh else 0
        return columns, counts

    @torch.jit.export
    def draw_block(
        self, columns: dict[str, Tensor], fresh: dict[str, int], seed: int, number: int
    ) -> dict[str, Tensor]:
        """Draws for one block of the rows that were prepared."""
        first = number * self.block_size
        part: dict[str, Tensor] = {}
        for name, value in columns.items():
            part[name] = value.narrow(0, first, min(self.block_size, value.size(0) - first))
        return self.block(part, fresh, torch.Generator(), seed, number)

    def begin(self, generator: Generator | None, seed: int, part: int) -> None:
        """Set random numbers for one part of a prediction: 0 for unseen levels, then a part for each block.

        It is one generator that is set again: TorchScript takes two new ones for the same.
        """
        if generator is not None:
            # Modulo a prime, so that neighbouring seeds and parts are far apart.
            generator.manual_seed((seed % 2147483647 * 1103515245 + part * 1732584193 + 12345) % 2147483647)

    def rows(self, numbers: dict[str, Tensor], texts: dict[str, list[str]]) -> int:
        """How many rows were given. Raises where columns differ in length."""
        count = -1
        for name, column in numbers.items():
            if self.checks and count >= 0 and column.size(0) != count:
                raise RuntimeError("column " + name + " has a different number of rows")
            count = column.size(0)
        for name, texts_of_column in texts.items():
            if count >= 0 and len(texts_of_column) != count:
                raise RuntimeError("column " + name + " has a different number of rows")
            count = len(texts_of_column)
        if count < 0:
            raise RuntimeError("no columns were given, so there are no rows")
        return count

    # Columns

    def number_or_gap(self, numbers: dict[str, Tensor], name: str) -> Tensor:
        if name not in numbers:
            raise RuntimeError("no column " + name + " among the numbers")
        return numbers[name].to(torch.float64)

    def number(self, numbers: dict[str, Tensor], name: str) -> Tensor:
        """A column of the source. Raises where it is not there, or missing in a row."""
        column = self.number_or_gap(numbers, name)
        if self.checks and bool(torch.isnan(column).any()):
            raise RuntimeError("column " + name + " has missing values")
        return column

    def text(self, texts: dict[str, list[str]], name: str) -> list[str]:
        if name not in texts:
            raise RuntimeError("no column " + name + " among the texts")
        return texts[name]

    def matrix(self, columns: list[Tensor], rows: int) -> Tensor:
        """Columns side by side; one number stands for a column of it."""
        wide: list[Tensor] = []
        for column in columns:
            wide.append(column.expand([rows]))
        return torch.stack(wide, -1)

    def ranked(self, x: Tensor, key: str) -> Tensor:
        """Ranks among the rows of the fit."""
        known = self.ordered[key]
        below = torch.searchsorted(known, x.contiguous())
        up_to = torch.searchsorted(known, x.contiguous(), right=True)
        return (below + up_to + 1).to(torch.float64) / 2.0

    def is_text(self, column: list[str], text: str) -> Tensor:
        return torch.tensor([float(value == text) for value in column], dtype=torch.float64)

    def same_text(self, column: list[str], other: list[str]) -> Tensor:
        same = [float(column[i] == other[i]) for i in range(len(column))]
        return torch.tensor(same, dtype=torch.float64)

    # Levels

    def level(self, texts: dict[str, list[str]], name: str, plate: str, fresh: dict[str, dict[str, int]]) -> Tensor:
        """The positions of labels; unseen ones are numbered on, in the order in which they come."""
        known = self.levels[plate]
        if plate not in fresh:
            nothing: dict[str, int] = {}
            fresh[plate] = nothing
        unseen = fresh[plate]
        positions: list[int] = []
        for label in self.text(texts, name):
            if label in known:
                positions.append(known[label])
            else:
                if label not in unseen:
                    if plate not in self.redraws:
                        raise RuntimeError(plate + " has no level '" + label + "'")
                    unseen[label] = self.sizes[plate] + len(unseen)
                positions.append(unseen[label])
        return torch.tensor(positions, dtype=torch.int64)

    def numbered_level(self, values: Tensor, plate: str, fresh: dict[str, dict[str, int]]) -> Tensor:
        """As `level`, for labels that are computed numbers."""
        numbers: list[float] = values.tolist()
        labels: list[str] = []
        for value in numbers:
            labels.append(str(int(value)) if value == float(int(value)) else str(value))
        return self.level({plate: labels}, plate, plate, fresh)

    def rows_of_the_fit(self, keys: list[str]) -> Tensor:
        """The positions of rows by their keys, -1 for new ones."""
        known = self.levels[self.table]
        positions = [known.get(key, -1) for key in keys]
        return torch.tensor(positions, dtype=torch.int64)

    def labels_of(self, positions: Tensor, plate: str, fresh: dict[str, dict[str, int]]) -> list[str]:
        """The labels at these positions."""
        known = self.labels[plate]
        names: dict[int, str] = {}
        if plate in fresh:
            for label, place in fresh[plate].items():
                names[place] = label
        places: list[int] = positions.tolist()
        return [known[place] if place < len(known) else names[place] for place in places]

    # Values over plates with unseen levels, and over rows of the fit

    def grown(self, known: Tensor, drawn: Tensor) -> Tensor:
        """Draws for all members, of which those that the fit knows have its own; the latter come first."""
        place = drawn.clone()
        corner = place
        for dim in range(known.dim()):
            corner = corner.narrow(dim, 0, known.size(dim))
        corner.copy_(known)
        return place

    def of_rows(self, known: Tensor, rows: Tensor, dim: int) -> Tensor:
        """The values of rows of the fit."""
        return known.index_select(dim, rows)

    def or_drawn(self, known: Tensor, drawn: Tensor, rows: Tensor, dim: int) -> Tensor:
        """The values of rows of the fit, and what was drawn for the others."""
        shape = [1] * known.dim()
        shape[dim] = rows.size(0)
        return torch.where((rows >= 0).view(shape), known.index_select(dim, rows.clamp(min=0)), drawn)


def quantiles_of(draws: Tensor, probabilities: list[float]) -> Tensor:
    """Quantiles over the first dimension, of shape (probability, ..)."""
    ordered = torch.sort(draws, 0)[0]
    last = ordered.size(0) - 1
    found: list[Tensor] = []
    for probability in probabilities:
        place = probability * last
        below = int(place)
        above = min(below + 1, last)
        found.append(ordered[below] + (place - below) * (ordered[above] - ordered[below]))
    return torch.stack(found, 0)
