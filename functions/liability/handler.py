"""Finance reads what the store owes in points: over time, by cohort, and as deferred revenue."""

from loyalty.entry.contracts.books.liability import (
    CohortsAnswer,
    CohortsQuery,
    DeferredRevenueAnswer,
    DeferredRevenueQuery,
    LiabilityAnswer,
    RangeQuery,
)
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.wiring import world
from loyalty.usecases.books.liability import view_cohorts, view_deferred_revenue, view_liability

SPARE_SECONDS = 3
"""What is left of the function's time when it stops reading accounts, or days that are not closed."""


def get(request: Request) -> Response:
    program_id, query = request.program_id, request.parameters(RangeQuery)
    query.check()
    view = view_liability(world(), program_id, query.first, query.last, request.out_of_time(SPARE_SECONDS))
    return Response(LiabilityAnswer.of(query, view))


def get_cohorts(request: Request) -> Response:
    program_id, query = request.program_id, request.parameters(CohortsQuery)
    view = view_cohorts(world(), program_id, query.last, request.out_of_time(SPARE_SECONDS))
    return Response(CohortsAnswer.of(query, view))


def get_deferred_revenue(request: Request) -> Response:
    program_id, query = request.program_id, request.parameters(DeferredRevenueQuery)
    query.check()
    view = view_deferred_revenue(
        world(),
        program_id,
        query.first,
        query.last,
        query.expected_redemption,
        query.allocation_redemption,
        request.out_of_time(SPARE_SECONDS),
    )
    return Response(DeferredRevenueAnswer.of(query, view))


handler = serve(
    {
        Route.GET_LIABILITY: get,
        Route.GET_COHORTS: get_cohorts,
        Route.GET_DEFERRED_REVENUE: get_deferred_revenue,
    }
)
