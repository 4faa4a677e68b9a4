/*
 * Functions of the shape of ratelimit_allow and ratelimit_hit that do nothing: what is left of a call when
 * there is no work in it. The row is of constants, made as cheaply as the interface allows: the descriptor
 * is looked up once a call site.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(empty_allow);
PG_FUNCTION_INFO_V1(empty_hit);

typedef struct EmptyRow
{
	TupleDesc	descriptor;
	Datum		values[8];
	bool		nulls[8];
} EmptyRow;

Datum
empty_allow(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(true);
}

static EmptyRow *
make_row(FunctionCallInfo fcinfo)
{
	MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	EmptyRow   *row = palloc0(sizeof(EmptyRow));
	Interval   *reset_after = palloc0(sizeof(Interval));

	if (get_call_result_type(fcinfo, NULL, &row->descriptor) != TYPEFUNC_COMPOSITE || row->descriptor->natts != 8)
		elog(ERROR, "empty_hit is declared with the eight columns of ratelimit_hit");
	row->descriptor = BlessTupleDesc(CreateTupleDescCopy(row->descriptor));
	reset_after->time = 60 * USECS_PER_SEC;
	row->values[0] = BoolGetDatum(true);
	row->values[1] = Int32GetDatum(100);
	row->values[2] = Int32GetDatum(99);
	row->values[3] = IntervalPGetDatum(reset_after);
	row->nulls[4] = true;
	row->values[5] = PointerGetDatum(cstring_to_text("ok"));
	row->values[6] = Int32GetDatum(60);
	row->nulls[7] = true;
	MemoryContextSwitchTo(caller);
	return row;
}

Datum
empty_hit(PG_FUNCTION_ARGS)
{
	EmptyRow   *row = fcinfo->flinfo->fn_extra;

	if (row == NULL)
		fcinfo->flinfo->fn_extra = row = make_row(fcinfo);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(row->descriptor, row->values, row->nulls)));
}
