"""Types for TypeScript: every function and view that is exposed, and what a compiler says of their use."""

import re
import subprocess
from pathlib import Path

import psycopg
import pytest
from export.runners import apply
from support.supabase import installed

from bookingdb.export import export_supabase, export_typescript
from bookingdb.modules import DEPENDENCIES, resolve

PROJECT = Path(__file__).resolve().parents[2]

USE = """
import type { BookingErrorDetails, BookingErrorStatus, BookingRefusals, Database } from './types'

type Functions = Database['public']['Functions']
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

const yes = <T extends true>(): T | undefined => undefined

yes<Equal<Functions['book_gusmester_spot']['Args'],
    { p_session_id: string; p_employee_id?: string | null; p_idempotency_key?: string | null }>>()
yes<Equal<Functions['book_gusmester_spot']['Returns']['success'], true>>()
yes<Equal<Functions['book_gusmester_spot']['Returns']['new_points'], number>>()
yes<Equal<Functions['set_organization_role']['Args']['p_role'], 'owner' | 'admin' | 'staff' | 'member'>>()
yes<Equal<Functions['create_class_booking']['Args']['p_payment_method'],
    'membership' | 'package' | 'free' | 'card' | 'cash' | null | undefined>>()
yes<Equal<Functions['allocate_monthly_credits']['Args']['p_subscription_id'], string | null>>()
yes<Equal<Functions['verify_invariants']['Args'], Record<PropertyKey, never>>>()
yes<Equal<Functions['check_booking_conflict']['Returns'], boolean>>()
yes<Equal<Functions['get_available_slots']['Returns'][number]['timezone'], string>>()
yes<Equal<Functions['confirm_session']['Returns']['status'],
    'scheduled' | 'confirmed' | 'in_progress' | 'completed' | 'cancelled' | 'no_show'>>()
yes<Equal<Database['public']['Views']['profiles']['Row']['full_name'], string | null>>()
yes<Equal<Database['public']['Views']['slot_holds']['Row']['status'], 'live' | 'converted' | 'released' | 'expired'>>()
yes<Equal<BookingErrorStatus['spot_not_available'], 409>>()

export const told = (details: BookingErrorDetails): string =>
  details.reason === 'insufficient_points' ? `${details.required} are needed` : details.reason
export const lost: BookingRefusals['book_gusmester_spot'] = 'spot_not_available'

// @ts-expect-error it is not optional
export const missing: Functions['book_gusmester_spot']['Args'] = {}
// @ts-expect-error there is no such reason
export const unknown: BookingErrorDetails = { reason: 'bad_luck' }
// @ts-expect-error that function does not refuse so
export const other: BookingRefusals['book_gusmester_spot'] = 'class_full'
"""


def compiler() -> str:
    """Return the TypeScript compiler, one of the packages of tests/supabase; skip the test where they are not."""
    return str(installed() / ".bin" / "tsc")


def names(text: str, part: str) -> list[str]:
    """Return the names below a part of ``Database``."""
    body = text.partition(f"    {part}: {{\n")[2].partition("\n    }\n")[0]
    return re.findall(r"^      (\w+): \{$", body, re.MULTILINE)


@pytest.mark.parametrize("module", DEPENDENCIES)
def test_exactly_what_is_exposed(empty_dsn: str, folder: Path, tmp_path: Path, module: str) -> None:
    apply(empty_dsn, export_supabase(folder, modules=[module], expose="api").file)
    export_typescript(tmp_path / "types.ts", modules=[module], expose="api")
    text = (tmp_path / "types.ts").read_text()

    with psycopg.connect(empty_dsn) as conn:
        functions = conn.execute("SELECT proname FROM pg_proc WHERE pronamespace = 'api'::regnamespace ORDER BY 1")
        assert names(text, "Functions") == [name for (name,) in functions]
        views = conn.execute("SELECT relname FROM pg_class WHERE relnamespace = 'api'::regnamespace ORDER BY 1")
        assert names(text, "Views") == [name for (name,) in views]


def test_all_modules_by_default(tmp_path: Path) -> None:
    export_typescript(tmp_path / "one.ts")
    export_typescript(tmp_path / "other.ts", modules=resolve())

    assert (tmp_path / "one.ts").read_text() == (tmp_path / "other.ts").read_text()


def test_it_is_written_again_only_when_it_differs(tmp_path: Path) -> None:
    file = tmp_path / "types.ts"

    assert [export_typescript(file), export_typescript(file), export_typescript(file, modules=["core"])] == [
        True,
        False,
        True,
    ]


def test_it_compiles(tmp_path: Path) -> None:
    export_typescript(tmp_path / "types.ts")
    (tmp_path / "use.ts").write_text(USE)
    options = ["--strict", "--noEmit", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "use.ts"]

    done = subprocess.run([compiler(), *options], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")
