//! Planner support for `=` and `<>`: a cast from text that is only compared makes no whole value, just what is
//! compared of it.

use pgrx::pg_sys;

use super::io::{Cast, cast_at};
use crate::pg::catalog::function_with;
use crate::pg::raw_function::Call;
use crate::pg::{Datum, ErrorReport, Oid};
use crate::raw_function;

raw_function! {
    /// `encrypted_value_support(internal)`.
    encrypted_value_support, pg_finfo_encrypted_value_support => support;
}

unsafe fn support(call: &mut Call) -> Result<Datum, ErrorReport> {
    // SAFETY: declared with internal, and STRICT: PostgreSQL hands over a request, a node.
    unsafe {
        let request: *mut pg_sys::SupportRequestSimplify = call.datum(0).cast_mut_ptr();
        if (*request).type_ != pg_sys::NodeTag::T_SupportRequestSimplify {
            return Ok(Datum::null());
        }
        // Without a query this is an expression of the catalogue, which must stay as others read it.
        if (*request).root.is_null() {
            return Ok(Datum::null());
        }
        Ok(simplified((*request).fcall).map_or(Datum::null(), Datum::from))
    }
}

/// # Safety
/// `comparison` must be a call of `encrypted_value_eq` or `encrypted_value_ne`.
unsafe fn simplified(comparison: *mut pg_sys::FuncExpr) -> Option<*mut pg_sys::Node> {
    // SAFETY: the caller's promise: two arguments of the type. Nodes are copied, never changed: they may be shared.
    unsafe {
        let arguments = (*comparison).args;
        if arguments.is_null() || (*arguments).length != 2 {
            return None;
        }
        let nodes = [0, 1].map(|number| (*(*arguments).elements.add(number)).ptr_value);
        let nodes = nodes.map(|node| node.cast::<pg_sys::Node>());
        let probes = nodes.map(|node| probe_for(node));
        if probes.iter().all(Option::is_none) {
            return None;
        }
        let operator = operator_of((*comparison).funcid, pg_sys::exprType(nodes[0]))?;
        let [left, right] = [0, 1].map(|number| probes[number].unwrap_or(nodes[number]));
        let expression = pg_sys::make_opclause(
            operator,
            pg_sys::BOOLOID,
            false,
            left.cast(),
            right.cast(),
            pg_sys::InvalidOid,
            (*comparison).inputcollid,
        );
        (*expression.cast::<pg_sys::OpExpr>()).opfuncid = (*comparison).funcid;
        Some(expression.cast())
    }
}

/// The operator of the type that this function is behind.
///
/// # Safety
/// Called in a transaction.
unsafe fn operator_of(function: Oid, of_type: Oid) -> Option<Oid> {
    // SAFETY: looks into the catalogue; the entry stays for the process's life.
    unsafe {
        let entry = pg_sys::lookup_type_cache(of_type, pg_sys::TYPECACHE_EQ_OPR as i32);
        let equal = (*entry).eq_opr;
        let different = pg_sys::get_negator(equal);
        [equal, different]
            .into_iter()
            .find(|operator| pg_sys::get_opcode(*operator) == function)
    }
}

/// What to put in the place of a cast; None where a node is none of ours.
///
/// # Safety
/// `node` must be an expression.
unsafe fn probe_for(node: *mut pg_sys::Node) -> Option<*mut pg_sys::Node> {
    // SAFETY: the caller's promise; a FuncExpr is looked at only where the tag says so.
    unsafe {
        if node.is_null() || (*node).type_ != pg_sys::NodeTag::T_FuncExpr {
            return None;
        }
        let cast: *mut pg_sys::FuncExpr = node.cast();
        let Cast { from, probe } = cast_of((*cast).funcid)?;
        let schema = pg_sys::get_func_namespace((*cast).funcid);
        let types = [from, pg_sys::INTERNALOID];
        let probe = function_with(schema, probe, &types);
        if probe == pg_sys::InvalidOid || (*(*cast).args).length != 1 {
            return None;
        }
        let given = (*(*(*cast).args).elements).ptr_value;
        // Nobody can write a value of this type in SQL, so nobody else can call the function.
        let guard = pg_sys::makeNullConst(pg_sys::INTERNALOID, -1, pg_sys::InvalidOid);
        let arguments = pg_sys::lappend(std::ptr::null_mut(), given);
        let arguments = pg_sys::lappend(arguments, guard.cast());
        let call = pg_sys::makeFuncExpr(
            probe,
            (*cast).funcresulttype,
            arguments,
            pg_sys::InvalidOid,
            (*cast).inputcollid,
            pg_sys::CoercionForm::COERCE_EXPLICIT_CALL,
        );
        Some(call.cast())
    }
}

/// The cast of ours that a function is; None for any other.
///
/// # Safety
/// Called in a transaction.
unsafe fn cast_of(function: Oid) -> Option<Cast> {
    let mut info = pg_sys::FmgrInfo::default();
    // SAFETY: fills the struct in; raises where there is no such function, which an expression never names.
    unsafe { pg_sys::fmgr_info(function, &mut info) };
    cast_at(info.fn_addr? as usize)
}
