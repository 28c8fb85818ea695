"""The rows of history that bookingdb migrate would have written: what was deployed, and how the database prints it."""

import json

from bookingdb.deploy import catalog
from bookingdb.deploy.files import ObjectFile
from bookingdb.export.quoting import array, literal
from bookingdb.export.release import Release


def records(release: Release) -> str:
    """Return what adds to the history everything that was made or dropped."""
    files = [*release.constraints, *release.files]
    return (_made(release, files) if files else "") + (_dropped(release) if release.vanished else "")


def _made(release: Release, files: list[ObjectFile]) -> str:
    rows = ",\n    ".join(f"({position}, {_row(file)})" for position, file in enumerate(files))
    definitions = "\n    UNION ALL\n".join(
        f"    SELECT {literal(type_)}, d.* FROM ({_query(query, release.schema)}) AS d (name, table_name, text)"
        for type_, query in catalog.DEFINITIONS.items()
    )
    return f"""\
-- The history that bookingdb status and migrate read.
WITH file (position, kind, module, name, checksum, objects, sequences) AS (VALUES
    {rows}
), definition (type, name, table_name, text) AS (
{definitions}
), granted (type, name, line) AS ({_query(catalog.GRANT_LINES, release.schema)}
), part AS (
    SELECT f.position, o.position AS of_file, d.text IS NOT NULL AS is_there,
           concat_ws(E'\\n', concat(o.object ->> 0, ' ', o.object ->> 1, ' on ' || (o.object ->> 2)), d.text, (
               SELECT string_agg(g.line, E'\\n' ORDER BY g.line COLLATE "C") FROM granted g
               WHERE (g.type, g.name) = (o.object ->> 0, o.object ->> 1))) AS text
    FROM file f CROSS JOIN LATERAL jsonb_array_elements(f.objects::jsonb) WITH ORDINALITY AS o (object, position)
    LEFT JOIN definition d
        ON (d.type, d.name) = (o.object ->> 0, o.object ->> 1) AND d.table_name IS NOT DISTINCT FROM o.object ->> 2
    UNION ALL
    SELECT f.position, 1000000 + s.position * 1000 + row_number() OVER (
               PARTITION BY f.position, s.position ORDER BY g.line COLLATE "C"),
           true, concat('sequence ', s.name, ': ', g.line)
    FROM file f CROSS JOIN LATERAL unnest(f.sequences) WITH ORDINALITY AS s (name, position)
    JOIN granted g ON (g.type, g.name) = ('sequence', s.name)
), made AS (
    SELECT f.*, (
        SELECT CASE WHEN bool_and(p.is_there) THEN string_agg(p.text, E'\\n\\n' ORDER BY p.of_file) END
        FROM part p WHERE p.position = f.position) AS definition
    FROM file f
), compared AS (
    SELECT m.*, encode(sha256(convert_to(m.definition, 'UTF8')), 'hex') AS definition_checksum,
           coalesce(last.version, 0) AS version, coalesce(last.action, 'dropped') = 'dropped' AS is_new,
           last.file_checksum AS file_before, last.definition_checksum AS definition_before
    FROM made m
    LEFT JOIN LATERAL (
        SELECT * FROM function_versions v WHERE (v.kind, v.module, v.name) = (m.kind, m.module, m.name)
        ORDER BY v.version DESC LIMIT 1
    ) AS last ON true
)
INSERT INTO function_versions (kind, module, name, version, action, file_checksum, definition_checksum, definition,
                               objects, package_version)
SELECT c.kind, c.module, c.name, c.version + 1, CASE WHEN c.is_new THEN 'created' ELSE 'changed' END,
       c.checksum, c.definition_checksum, c.definition, c.objects::jsonb, {literal(release.version)}
FROM compared c
WHERE c.is_new OR (c.checksum, c.definition_checksum) IS DISTINCT FROM (c.file_before, c.definition_before)
ORDER BY c.position;
"""


def _row(file: ObjectFile) -> str:
    objects = json.dumps([list(declared) for declared in file.objects])
    texts = ", ".join(map(literal, (*file.key, file.checksum, objects)))
    return f"{texts}, {array(file.sequences)}"


def _query(query: str, schema: str) -> str:
    return query.replace("%(schema)s", literal(schema)).replace("%%", "%").rstrip()


def _dropped(release: Release) -> str:
    rows = ", ".join(f"({', '.join(map(literal, key))})" for key in release.vanished)
    return f"""\
INSERT INTO function_versions (kind, module, name, version, action, file_checksum, definition_checksum, definition,
                               objects, package_version)
SELECT DISTINCT ON (v.kind, v.module, v.name) v.kind, v.module, v.name, v.version + 1, 'dropped',
       v.file_checksum, v.definition_checksum, v.definition, v.objects, {literal(release.version)}
FROM function_versions v JOIN (VALUES {rows}) AS gone (kind, module, name) USING (kind, module, name)
ORDER BY v.kind, v.module, v.name, v.version DESC;
"""
