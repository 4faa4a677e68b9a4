/*
 * Functions of the shape of ratelimit_allow and ratelimit_hit that do nothing: what is left of a call when there is no work in
 * it. The row is of constants, made as cheaply as the interface allows: the descriptor is looked up once a call site.
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

Datum
empty_allow(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(true);
}

Datum
empty_hit(PG_FUNCTION_ARGS)
{
	static Interval minute = {.time = 60 * USECS_PER_SEC};
	TupleDesc	descriptor = fcinfo->flinfo->fn_extra;
	bool		nulls[8] = {false, false, false, false, true, false, false, true};
	Datum		values[8] = {BoolGetDatum(true), Int32GetDatum(100), Int32GetDatum(99), IntervalPGetDatum(&minute), (Datum) 0,
		PointerGetDatum(cstring_to_text("ok")), Int32GetDatum(60), (Datum) 0};

	if (descriptor == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE || descriptor->natts != 8)
			elog(ERROR, "empty_hit is declared with the eight columns of ratelimit_hit");
		fcinfo->flinfo->fn_extra = descriptor = BlessTupleDesc(CreateTupleDescCopy(descriptor));
		MemoryContextSwitchTo(caller);
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(descriptor, values, nulls)));
}
