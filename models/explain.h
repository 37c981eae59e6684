// Why a customer is shown as she is: of every value who said it and when, by which version of the
// rules it was read, and why it won over what others say.
#pragma once

#include "models/customer.h"

namespace guanxi::models {

// Values are masked as in customer_json() unless `pii`.
Json explanation_json(const Customer& customer, bool pii);

}  // namespace guanxi::models
