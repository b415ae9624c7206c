//! The drop's protocol: requests, answers and limits.
